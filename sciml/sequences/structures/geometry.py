"""Geometry of backbones, in Angstrom.

The place of CB follows from the backbone, as if every residue were alanine:

    b = CA - N,  c = C - CA,  a = b x c,        CB = CA - 0.58273431 a + 0.56802827 b - 0.54067466 c.

Distances among N, CA, C, O and this CB do not change as the chain is turned or moved; they do if it is mirrored, as CB is
then on the other side.

Reference: Dauparas et al. (2022), doi:10.1126/science.add2187, supplement, for the coefficients.
"""

import torch
from jaxtyping import Float64, Integer
from torch import Tensor

CHUNK = 256  # residues whose distances to all others are in memory at a time


def virtual_cb(coordinates: Float64[Tensor, "residue atom=4 axis=3"]) -> Float64[Tensor, "residue axis=3"]:
    """CB of each residue from its N, CA and C."""
    n, ca, c, _ = coordinates.unbind(1)
    b, d = ca - n, c - ca
    a = torch.linalg.cross(b, d)
    return ca - 0.58273431 * a + 0.56802827 * b - 0.54067466 * d


def nearest(points: Float64[Tensor, "residue axis=3"], k: int) -> Integer[Tensor, "residue k"]:
    """The k nearest points of each, nearest first; the point itself comes before any other; k is at most their number.

    Of points as far off to 1e-6 Angstrom, as those of ideal bonds are, the first comes first, however the whole is turned.
    """
    rows = []
    for first in range(0, len(points), CHUNK):
        distances = torch.linalg.vector_norm(points[first : first + CHUNK, None] - points, dim=-1).round(decimals=6)
        own = torch.arange(len(distances))
        distances[own, own + first] = -1.0
        rows.append(distances.sort(dim=1, stable=True).indices[:, :k])
    return torch.cat(rows)


def pair_distances(
    atoms: Float64[Tensor, "residue atom axis=3"], neighbours: Integer[Tensor, "residue k"]
) -> Float64[Tensor, "residue k atom atom"]:
    """Between each atom of a residue and each of its neighbours'."""
    return torch.linalg.vector_norm(atoms[:, None, :, None] - atoms[neighbours][:, :, None], dim=-1)
