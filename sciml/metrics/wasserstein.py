"""Distances between two sets of samples by optimal transport along lines."""

import torch
from jaxtyping import Float
from torch import Tensor


def sliced_wasserstein(
    x: Float[Tensor, "n *space"], y: Float[Tensor, "m *other"], *, directions: int = 100, generator: torch.Generator
) -> float:
    """SW_2 = sqrt(mean over unit vectors u of W_2^2(u . x, u . y)), in the units of the data.

    W_2 on a line is the distance of the quantile functions, which are compared at as many levels as the smaller set has.

    Args:
        x: samples of one law.
        y: samples of the other.
        directions: number of random unit vectors.
        generator: source of the directions, on the device of x.

    Reference: Bonneel et al. (2015), Sliced and Radon Wasserstein barycenters of measures.
    """
    if x.shape[1:] != y.shape[1:]:
        raise ValueError(f"`y` must have samples of shape {tuple(x.shape[1:])}, got {tuple(y.shape[1:])}")
    flat_x, flat_y = (v.flatten(1).to(torch.float64) for v in (x, y))
    u = torch.randn(flat_x.shape[1], directions, generator=generator, dtype=torch.float64, device=x.device)
    u = u / u.norm(dim=0)
    levels = (torch.arange(min(len(x), len(y)), dtype=torch.float64, device=x.device) + 0.5) / min(len(x), len(y))
    quantiles = [(v @ u).sort(dim=0).values[(levels * len(v)).long()] for v in (flat_x, flat_y)]
    return float((quantiles[0] - quantiles[1]).square().mean().sqrt())
