"""Where on the grid a point lies."""

import torch
from jaxtyping import Float
from torch import Tensor


def coordinates(x: Float[Tensor, "batch channel *space"]) -> Float[Tensor, "batch axis *space"]:
    """One channel for each axis, from -1 to 1 over the grid: walls and initial time are places, not just edges."""
    axes = [torch.linspace(-1, 1, n, device=x.device, dtype=x.dtype) for n in x.shape[2:]]
    return torch.stack(torch.meshgrid(*axes, indexing="ij")).expand(x.shape[0], -1, *x.shape[2:])
