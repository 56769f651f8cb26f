"""Histograms of the local clustering coefficient.

Reference: Watts and Strogatz (1998), Collective dynamics of small-world networks, doi:10.1038/30918; bins as in You et al.
(2018), GraphRNN, arXiv 1802.08773, section 4.3.
"""

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.descriptors.adjacency import described, histogram

BINS = 100


def clustering_histogram(graphs: GraphSet) -> Float64[Tensor, "graph 100"]:
    """Number of nodes with c_v = (A^3)_vv / (d_v (d_v - 1)), 0 where d_v < 2, in each of 100 bins of [0, 1]."""
    edges = torch.from_numpy(np.linspace(0, 1, BINS + 1))  # as numpy rounds: .7 lies in the bin below

    def describe(adjacency: Tensor, sizes: Tensor) -> Tensor:
        degree = adjacency.sum(2).double()
        closed = (adjacency @ adjacency * adjacency).sum(2).double()
        coefficient = closed / (degree * (degree - 1)).clamp(min=1)
        return histogram(coefficient, torch.arange(adjacency.shape[1]) < sizes[:, None], edges)

    return described(graphs, BINS, describe)
