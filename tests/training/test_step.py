"""One optimiser step: the formula of AdamW, what decays, clipping."""

import pytest
import torch
from torch import Generator, nn

from sciml.config.models import TrainingConfig
from sciml.training.ema import ExponentialMovingAverage
from sciml.training.step import make_optimizer, train_step

RATE, DECAY = 0.01, 0.1


class Linear(nn.Module):
    """The gradient of the loss is the batch itself."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.tensor([[1.0, -2.0]]))
        self.vector = nn.Parameter(torch.tensor([0.5]))

    def forward(self, generator: Generator, to_matrix: torch.Tensor, to_vector: torch.Tensor) -> torch.Tensor:
        return (self.matrix * to_matrix).sum() + (self.vector * to_vector).sum()


def steps(gradients: list[tuple[torch.Tensor, torch.Tensor]], clip: float = 1e9) -> tuple[Linear, torch.Tensor]:
    module, norms = Linear(), []
    optimizer = make_optimizer(module, TrainingConfig(steps=10, warmup=0, rate=RATE, weight_decay=DECAY))
    ema = ExponentialMovingAverage(module.parameters(), 10.0)
    for k, batch in enumerate(gradients):
        options = {"step": k, "rate": RATE, "clip": clip, "precision": "32"}
        norms.append(train_step(module, optimizer, ema, batch, Generator(), **options)[1])
    return module, torch.stack(norms)


def test_two_steps_are_those_of_adamw() -> None:
    """beta = (.9, .99); weights of two axes decay, biases do not."""
    gradients = [(torch.tensor([[0.3, -0.1]]), torch.tensor([0.2])), (torch.tensor([[-0.5, 0.4]]), torch.tensor([-0.7]))]
    module, _ = steps(gradients)
    for name, decay, values in (("matrix", DECAY, [g[0] for g in gradients]), ("vector", 0.0, [g[1] for g in gradients])):
        x, m, v = getattr(Linear(), name).detach(), 0.0, 0.0
        for k, g in enumerate(values, start=1):
            m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g**2
            x = x * (1 - RATE * decay) - RATE * (m / (1 - 0.9**k)) / ((v / (1 - 0.99**k)).sqrt() + 1e-8)
        torch.testing.assert_close(getattr(module, name).detach(), x)


def test_the_norm_is_that_before_clipping_and_direction_stays() -> None:
    huge = (torch.tensor([[30.0, 40.0]]), torch.tensor([0.0]))
    module, norms = steps([huge], clip=1.0)
    assert norms.item() == pytest.approx(50.0)
    assert torch.isfinite(module.matrix).all()
