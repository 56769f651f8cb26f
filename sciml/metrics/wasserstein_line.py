"""Wasserstein-1 distance of samples on a line, and of bootstrap samples of them."""

import torch
from jaxtyping import Float64
from torch import Tensor


def wasserstein_1(
    x: Float64[Tensor, " n"],
    y: Float64[Tensor, " m"],
    w: Float64[Tensor, "draw n"] | None = None,
    v: Float64[Tensor, "draw m"] | None = None,
) -> Float64[Tensor, " draw"]:
    """W_1 = integral |F(z) - G(z)| dz, in the unit of the samples, for each row of weights.

    Args:
        w: weights of x, positive sum; None for one row of ones.
        v: weights of y.
    """
    values, order = torch.cat([x, y]).sort()
    w = torch.ones(1, len(x), dtype=torch.float64) if w is None else w
    v = torch.ones(1, len(y), dtype=torch.float64) if v is None else v
    steps = torch.cat([w / w.sum(1, keepdim=True), -v / v.sum(1, keepdim=True)], dim=1)[:, order]
    return steps.cumsum(1)[:, :-1].abs() @ values.diff()
