"""A small objective with dropout and noise, and a training of it as a process that can be killed."""

import sys
from pathlib import Path

import torch
from torch import Generator, Tensor, nn

from sciml.config.models import TrainingConfig
from sciml.io.digest import digest
from sciml.training.fit import FitReport, fit


class Toy(nn.Module):
    """Regression on noisy inputs through a network with dropout: every source of randomness of a real training."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 32), nn.SiLU(), nn.Dropout(0.2), nn.Linear(32, 1))

    def forward(self, generator: Generator, x: Tensor, y: Tensor) -> Tensor:
        noise = torch.randn(x.shape, generator=generator)
        return (self.net(x + 0.1 * noise) - y).square().mean()


def examples(n: int = 64) -> tuple[Tensor, Tensor]:
    x = torch.randn(n, 4, generator=torch.Generator().manual_seed(1))
    return x, x.sum(1, keepdim=True)


def toy() -> Toy:
    torch.manual_seed(0)
    return Toy()


def train(directory: Path, **settings: object) -> tuple[Toy, FitReport]:
    module = toy()
    config = TrainingConfig(**{"steps": 60, "batch": 8, "warmup": 5, "precision": "32", **settings})
    report = fit(module, examples(), config, seed=3, directory=directory, fingerprint="toy")
    return module, report


if __name__ == "__main__":
    module, _ = train(Path(sys.argv[1]), steps=int(sys.argv[2]), checkpoint_seconds=0)
    print(digest(module.state_dict()))
