"""The state of a diffusion over graphs: node features, adjacency, and which nodes there are.

Reference: Jo, Lee and Hwang (2022), arXiv 2202.02514, section 3.1.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Shaped
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


class PairIndex:
    """From a symmetric matrix to its entries above the diagonal, and back.

    Args:
        nodes: size of the matrix.
        device: of the indices.
    """

    def __init__(self, nodes: int, device: torch.device) -> None:
        self.nodes = nodes
        self.rows, self.columns = torch.triu_indices(nodes, nodes, 1, device=device)
        self._flat = self.rows * nodes + self.columns
        place = torch.full((nodes, nodes), len(self.rows), device=device)
        place[self.rows, self.columns] = place[self.columns, self.rows] = torch.arange(len(self.rows), device=device)
        self._place = place.flatten()

    def gather(self, dense: Shaped[Tensor, "batch node node channel"]) -> Shaped[Tensor, "batch pair channel"]:
        """The entries above the diagonal, row by row."""
        return dense.flatten(1, 2).index_select(1, self._flat)

    def scatter(self, pairs: Float[Tensor, "batch pair channel"]) -> Float[Tensor, "batch node node channel"]:
        """The inverse of `gather`, with a diagonal of 0."""
        padded = torch.nn.functional.pad(pairs, (0, 0, 0, 1))
        return padded.index_select(1, self._place).unflatten(1, (self.nodes, self.nodes))


def size_buckets(mask: Bool[Tensor, "batch node"], overhead: int = 2000) -> Iterator[tuple[Tensor, int]]:
    """Graphs of about one size: (indices, nodes that hold them all), so that little is computed where nothing is.

    Of all ways to cut the sizes into ranges the one with the least work: entries of the adjacency, padding too, of each
    graph, and a constant for each range.

    Args:
        mask: which nodes there are.
        overhead: what a range costs, in entries.
    """
    places = torch.arange(1, mask.shape[1] + 1, device=mask.device)
    sizes = (mask * places).amax(1).clamp(min=1)
    different, counts = (found.tolist() for found in sizes.unique(return_counts=True))
    for smallest, largest in _ranges(different, counts, overhead):
        yield ((sizes >= smallest) & (sizes <= largest)).nonzero()[:, 0], largest


def _ranges(sizes: list[int], counts: list[int], overhead: int) -> list[tuple[int, int]]:
    """Smallest and largest size of each range, by dynamic programming over the sizes, which increase."""
    least, cut = [0], [0]  # work of the smallest k sizes, and where their last range begins
    for k, size in enumerate(sizes):
        graphs, offers = 0, []
        for first in range(k, -1, -1):
            graphs += counts[first]
            offers.append((least[first] + graphs * size**2 + overhead, first))
        work, first = min(offers)
        least.append(work)
        cut.append(first)
    found, end = [], len(sizes)
    while end > 0:
        found.append((sizes[cut[end]], sizes[end - 1]))
        end = cut[end]
    return found
