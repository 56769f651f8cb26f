"""The state of a diffusion over graphs: node features, adjacency, and which nodes there are.

Reference: Jo, Lee and Hwang (2022), arXiv 2202.02514, section 3.1.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor


@dataclass(frozen=True)
class GraphState:
    """Undirected graphs without loops, padded to one size.

    Padded entries and the diagonal of the adjacency are exactly 0, and the adjacency is symmetric: what makes a state and
    what changes one keeps to it.

    Args:
        x: features of the nodes.
        adj: weights of the edges, 0 where there is none.
        mask: which nodes there are.
    """

    x: Float[Tensor, "batch node feature"]
    adj: Float[Tensor, "batch node node"]
    mask: Bool[Tensor, "batch node"]


def pair_mask(mask: Bool[Tensor, "batch node"]) -> Bool[Tensor, "batch node node"]:
    """Which pairs i, j are of two different nodes that are there."""
    apart = ~torch.eye(mask.shape[1], dtype=torch.bool, device=mask.device)
    return mask[:, :, None] & mask[:, None, :] & apart


def symmetrised(upper: Float[Tensor, "... node node"]) -> Float[Tensor, "... node node"]:
    """The symmetric matrix whose entries above the diagonal are those of `upper`; the diagonal is 0."""
    strict = upper.triu(1)
    return strict + strict.transpose(-1, -2)
