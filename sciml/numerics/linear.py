"""Linear combinations of states, in as few passes over memory as torch allows."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor

Coefficient = float | Tensor


def linear(
    keep: Coefficient, x: Float[Tensor, "*shape"], terms: Iterable[tuple[Coefficient, Float[Tensor, "*shape"]]]
) -> Float[Tensor, "*shape"]:
    """keep x + sum of weight y over the terms, as a new tensor in the dtype of x.

    Args:
        keep: a number, or a tensor that broadcasts to the state.
        x: a state.
        terms: (weight, y), the weights like `keep`.
    """
    total = x * (keep.to(x) if isinstance(keep, Tensor) else keep)
    for weight, y in terms:
        total = torch.addcmul(total, weight.to(x), y) if isinstance(weight, Tensor) else total.add_(y, alpha=weight)
    return total
