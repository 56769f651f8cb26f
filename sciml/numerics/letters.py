"""Draws of letters from their probabilities."""

import torch
from jaxtyping import Float, Integer
from torch import Tensor


def draw(
    probabilities: Float[Tensor, "*place value"], generator: torch.Generator, dtype: torch.dtype = torch.float64
) -> Integer[Tensor, "*place"]:
    """One value for each place by the inverse of the distribution function: a uniform number each.

    Args:
        probabilities: nonnegative; they need not add up to 1.
        generator: source of randomness, on their device.
        dtype: of the sums; in float32 values of probability below 1e-7 are lost.

    Raises:
        FloatingPointError: probabilities that are not finite, or all 0.
    """
    total = probabilities.to(dtype).cumsum(-1)
    whole = total[..., -1]
    if not bool(((whole > 0) & torch.isfinite(whole)).all()):
        raise FloatingPointError("probabilities of letters must be finite and not all 0")
    shape = probabilities.shape[:-1]
    u = torch.rand(shape, generator=generator, dtype=dtype, device=probabilities.device)
    # A sum rounded down may fall below u: the last value that has a probability is the largest index allowed.
    last = (total < total[..., -1:]).sum(-1)
    return (total <= u[..., None] * total[..., -1:]).sum(-1).minimum(last)
