"""Interpolation and integration of smooth functions, differentiable with respect to nodes and limits."""

import math
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

_POINTS = 16  # of each panel


def lagrange_basis(nodes: Float64[Tensor, " J"], x: Float64[Tensor, " Q"]) -> Float64[Tensor, "J Q"]:
    """The polynomials that are 1 at one node and 0 at the others, at the points x."""
    values = []
    for j, node in enumerate(nodes):
        others = torch.cat([nodes[:j], nodes[j + 1 :]])
        values.append(((x[:, None] - others) / (node - others)).prod(-1))
    return torch.stack(values)


def gauss_legendre(a: Float64[Tensor, ""], b: Float64[Tensor, ""]) -> tuple[Float64[Tensor, " Q"], Float64[Tensor, " Q"]]:
    """(points, weights) of the integral from a to b: 16 points on each panel, panels no longer than 1."""
    x, w = _rule(max(1, math.ceil(abs((b - a).detach().item()))))
    return a + (b - a) * x, (b - a) * w


@lru_cache(maxsize=64)
def _rule(panels: int) -> tuple[Tensor, Tensor]:
    x, w = (torch.from_numpy(v) for v in np.polynomial.legendre.leggauss(_POINTS))
    starts = torch.arange(panels, dtype=torch.float64)[:, None]
    return ((starts + (x + 1) / 2) / panels).flatten(), (w / 2 / panels).repeat(panels)
