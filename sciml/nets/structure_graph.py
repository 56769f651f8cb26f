"""Which residues of a structure are neighbours, and how they lie to each other: what a network sees of a structure."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Integer
from torch import Tensor


@dataclass(frozen=True)
class StructureGraph:
    """A graph whose nodes are positions of a sequence.

    Args:
        neighbours: index of each neighbour of a position.
        edges: features of each neighbour as seen from the position.
        there: whether there is such a neighbour: small structures have fewer.
    """

    neighbours: Integer[Tensor, "position neighbour"]
    edges: Float[Tensor, "position neighbour feature"]
    there: Bool[Tensor, "position neighbour"]

    def __len__(self) -> int:
        return len(self.neighbours)

    def to(self, device: torch.device) -> "StructureGraph":
        """On another device."""
        return StructureGraph(*(each.to(device) for each in (self.neighbours, self.edges, self.there)))


def union(graphs: Sequence[StructureGraph]) -> StructureGraph:
    """Graphs side by side, as one whose sequence is theirs joined: nothing passes from one to another, none is padded along
    positions, and a batch of it holds one sequence of each structure in a row."""
    most = max(graph.neighbours.shape[1] for graph in graphs)
    parts, first = [], 0
    for graph in graphs:
        lacking = most - graph.neighbours.shape[1]
        parts.append(
            (
                F.pad(graph.neighbours + first, (0, lacking), value=first),
                F.pad(graph.edges, (0, 0, 0, lacking)),
                F.pad(graph.there, (0, lacking), value=False),
            )
        )
        first += len(graph)
    return StructureGraph(*(torch.cat(each) for each in zip(*parts, strict=True)))
