"""The energy distance between two sets of samples."""

import torch
from jaxtyping import Float
from torch import Tensor


def energy_distance(x: Float[Tensor, "n *space"], y: Float[Tensor, "m *other"], *, biased: bool = False) -> float:
    """2 E|X - Y| - E|X - X'| - E|Y - Y'|, without bias: pairs of a sample with itself are left out, so 0 is its mean where
    both laws are one, and it may be below. In the units of the data.

    Args:
        x: samples of one law, at least two.
        y: samples of the other, at least two.
        biased: whether such pairs count, as in much published work: it is then never below 0, and of samples of one law
            about E|X - X'| (1 / n + 1 / m).

    Reference: Szekely and Rizzo (2013), Energy statistics, doi:10.1016/j.jspi.2013.03.018, equation 2.1.
    """
    if x.shape[1:] != y.shape[1:]:
        raise ValueError(f"`y` must have samples of shape {tuple(x.shape[1:])}, got {tuple(y.shape[1:])}")
    if min(len(x), len(y)) < 2:
        raise ValueError(f"`x` and `y` must have at least two samples each, got {len(x)} and {len(y)}")
    first, second = (v.flatten(1).to(torch.float64) for v in (x, y))
    within = [torch.pdist(v).mean() * (1 - biased / len(v)) for v in (first, second)]
    return float(2 * torch.cdist(first, second).mean() - sum(within))
