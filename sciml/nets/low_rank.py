"""LoRA: weights that are kept, and a change of low rank that is trained.

    W + (scale / rank) B A,        A of shape (rank, inputs), random, B of shape (outputs, rank), zero to begin with,

of each linear layer and convolution, inputs being everything behind the first axis of W. A change that was trained on one
network is taken over by another of the same layers, and merged where it shall cost nothing more.

Reference: Hu et al. (2021), arXiv 2106.09685, section 4; Luo et al. (2023), arXiv 2311.05556, for changes that make few-step
samplers of one checkpoint and then of another.
"""

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Generator, Tensor, nn
from torch.nn.utils import parametrize

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


class LowRankChange(nn.Module):
    """A weight with its change; a parametrisation of torch."""

    def __init__(self, weight: Tensor, rank: int, scale: float, generator: Generator) -> None:
        super().__init__()
        outputs, inputs = len(weight), weight[0].numel()
        bound = 1 / math.sqrt(inputs)
        a = (2 * torch.rand(rank, inputs, generator=generator, dtype=weight.dtype) - 1) * bound
        self.a, self.b = nn.Parameter(a.to(weight.device)), nn.Parameter(weight.new_zeros(outputs, rank))
        self.factor = scale / rank

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.factor * (self.b @ self.a).reshape(weight.shape)


def adapt(module: nn.Module, rank: int, *, generator: Generator, scale: float | None = None) -> None:
    """Give each linear layer and convolution a change; it alone takes gradients from now on.

    Args:
        module: changed in place; says what it said.
        rank: at least 1.
        generator: of A, on the processor.
        scale: by default `rank`, so that the change is B A.

    Raises:
        ValueError: a rank below 1, or nothing to change.
    """
    if rank < 1:
        raise ValueError(f"`rank` must be at least 1, got {rank}")
    layers = [layer for layer in module.modules() if isinstance(layer, LAYERS)]
    if not layers:
        raise ValueError(f"`module` must have linear layers or convolutions, got {type(module).__name__} without")
    module.requires_grad_(False)
    for layer in layers:
        change = LowRankChange(layer.weight, rank, float(rank if scale is None else scale), generator)
        parametrize.register_parametrization(layer, "weight", change)


def change_of(module: nn.Module) -> dict[str, Tensor]:
    """What was trained: A and B by the names of layers."""
    return {f"{name}.{key}": value.detach() for name, change in _changes(module) for key, value in change.named_parameters()}


@torch.no_grad()
def take_over(module: nn.Module, change: Mapping[str, Tensor]) -> None:
    """Put in a change that was trained on a network of the same layers.

    Raises:
        ValueError: other layers, or other shapes.
    """
    own = {f"{name}.{key}": value for name, part in _changes(module) for key, value in part.named_parameters()}
    if wrong := sorted(own.keys() ^ change.keys()):
        raise ValueError(f"`change` must be of the same layers, one side lacks {wrong[0]!r}")
    for name, value in change.items():
        if own[name].shape != value.shape:
            raise ValueError(f"`change` has {name!r} of shape {tuple(value.shape)}, here it is {tuple(own[name].shape)}")
        own[name].copy_(value)


def merge(module: nn.Module) -> None:
    """Add changes to the weights, and be an ordinary network again."""
    for layer in list(module.modules()):
        if parametrize.is_parametrized(layer, "weight"):
            parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)


def _changes(module: nn.Module) -> Iterator[tuple[str, LowRankChange]]:
    for name, layer in module.named_modules():
        if parametrize.is_parametrized(layer, "weight"):
            yield name, layer.parametrizations["weight"][0]
