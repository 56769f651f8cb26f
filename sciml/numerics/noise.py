"""Gaussian noise from a passed generator, the only source of randomness of the package."""

import torch
from jaxtyping import Float
from torch import Tensor


def gaussian_noise(like: Float[Tensor, "*shape"], generator: torch.Generator) -> Float[Tensor, "*shape"]:
    """A draw from N(0, I) with the shape, dtype and device of `like`."""
    return torch.randn(like.shape, generator=generator, dtype=like.dtype, device=like.device)
