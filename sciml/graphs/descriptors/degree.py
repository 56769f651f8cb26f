"""Degree histograms."""

import torch
from jaxtyping import Float64
from torch import Tensor

from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.descriptors.adjacency import described


def degree_histogram(graphs: GraphSet) -> Float64[Tensor, "graph degree"]:
    """Number of nodes of degree 0, 1, 2, ... up to the most nodes of the set less one."""
    width = graphs.labels.shape[1]

    def describe(adjacency: Tensor, sizes: Tensor) -> Tensor:
        there = torch.arange(adjacency.shape[1]) < sizes[:, None]
        counts = torch.zeros(len(sizes), width, dtype=torch.float64)
        return counts.scatter_add_(1, adjacency.sum(2).long(), there.double())

    return described(graphs, width, describe)
