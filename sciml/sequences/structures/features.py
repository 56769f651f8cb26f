"""What a network sees of a backbone: for each residue its k nearest by CA, and for each of these

    exp(-(d - c_m)^2 / w^2) of all 25 distances d among N, CA, C, O and CB, 16 centres c_m from 2 to 22 Angstrom, w = 1.25,
    one of 65: how many places further along the chain it is, at most 32 either way.

All of it stays as the structure is turned or moved, and goes along with the residues where these are numbered anew.

Reference: Dauparas et al. (2022), doi:10.1126/science.add2187, supplement. Theirs has one more value, for neighbours in
another chain, of which there is none here.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from sciml.nets.structure_graph import StructureGraph
from sciml.sequences.structures.backbone import Backbone
from sciml.sequences.structures.geometry import nearest, pair_distances, virtual_cb

CENTRES = torch.linspace(2.0, 22.0, 16, dtype=torch.float64)  # Angstrom
WIDTH = 1.25  # Angstrom: 20 / 16
FURTHEST = 32  # places along the chain that are told apart
FEATURES = 25 * len(CENTRES) + 2 * FURTHEST + 1


def structure_graph(
    backbone: Backbone, neighbours: int = 48, *, noise: Float[Tensor, "residue atom=4 axis=3"] | None = None
) -> StructureGraph:
    """The graph of a backbone, float32.

    Args:
        backbone: of the structure.
        neighbours: k, the residue itself among them; all residues if there are fewer.
        noise: added to the coordinates, in Angstrom, (residue, 4, 3); the published models are trained with deviation 0.1
            or 0.2.
    """
    if neighbours < 1:
        raise ValueError(f"`neighbours` must be at least 1, got {neighbours}")
    coordinates = backbone.coordinates if noise is None else backbone.coordinates + noise
    atoms = torch.cat([coordinates, virtual_cb(coordinates)[:, None]], 1)
    near = nearest(atoms[:, 1], min(neighbours, len(backbone)))
    distances = radial_basis(pair_distances(atoms, near)).flatten(2)
    edges = torch.cat([distances.float(), _offsets(backbone, near)], -1)
    return StructureGraph(near, edges, torch.ones_like(near, dtype=torch.bool))


def radial_basis(distances: Float[Tensor, "*any"]) -> Float[Tensor, "*any centre"]:
    """exp(-(d - c)^2 / w^2) for each centre c."""
    return torch.exp(-(((distances[..., None] - CENTRES.to(distances)) / WIDTH) ** 2))


def _offsets(backbone: Backbone, near: Tensor) -> Tensor:
    offset = (backbone.places[near] - backbone.places[:, None]).clamp(-FURTHEST, FURTHEST)
    return F.one_hot(offset + FURTHEST, 2 * FURTHEST + 1).float()
