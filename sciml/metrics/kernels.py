"""Kernels between descriptors of samples, as matrices.

Reference: You et al. (2018), GraphRNN, arXiv 1802.08773, section 4.3; O'Bray et al. (2022), arXiv 2106.01098, on what they
can and cannot tell.
"""

import torch
from jaxtyping import Float64
from torch import Tensor


def gaussian_emd(
    x: Float64[Tensor, "n bin"], y: Float64[Tensor, "m bin"], *, sigma: float = 1.0, spacing: float = 1.0
) -> Float64[Tensor, "n m"]:
    """k(x, y) = exp(-EMD(x, y)^2 / (2 sigma^2)) of histograms, each normalised to sum 1.

    On a line of bins the earth mover's distance is EMD = spacing sum_k |F_k - G_k|, with F, G the cumulated histograms.

    Args:
        sigma: width, > 0.
        spacing: distance of neighbouring bins, > 0.

    Raises:
        ValueError: an empty histogram.
    """
    cumulated = []
    for name, counts in (("x", x), ("y", y)):
        total = counts.sum(1, keepdim=True)
        if not (total > 0).all():
            raise ValueError(f"`{name}` must have no empty histogram, got one in row {int((total <= 0).nonzero()[0, 0])}")
        cumulated.append((counts / total).cumsum(1))
    distance = spacing * torch.cdist(cumulated[0], cumulated[1], p=1)
    return torch.exp(-(distance**2) / (2 * sigma**2))


def gaussian(x: Float64[Tensor, "n feature"], y: Float64[Tensor, "m feature"], *, sigma: float) -> Float64[Tensor, "n m"]:
    """k(x, y) = exp(-||x - y||^2 / (2 sigma^2))."""
    distance = torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
    return torch.exp(-(distance**2) / (2 * sigma**2))
