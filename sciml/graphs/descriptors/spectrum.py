"""Histograms of the spectrum of the normalised Laplacian.

Reference: You et al. (2018), GraphRNN, arXiv 1802.08773; Liao et al. (2019), GRAN, arXiv 1910.00760.
"""

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.descriptors.adjacency import described, histogram

BINS = 200
LOWEST, HIGHEST = -1e-5, 2.0


def spectrum_histogram(graphs: GraphSet) -> Float64[Tensor, "graph 200"]:
    """Number of eigenvalues of L = D^-1/2 (D - A) D^-1/2 in each of 200 bins of [-1e-5, 2]; a lone node counts as 0.

    The spectrum lies in [0, 2]. The authors' code drops an eigenvalue 2, which bipartite graphs have, whenever rounding puts
    it above 2; here it is always counted.
    """
    edges = torch.from_numpy(np.linspace(LOWEST, HIGHEST, BINS + 1))

    def describe(adjacency: Tensor, sizes: Tensor) -> Tensor:
        a = adjacency.double()
        root = a.sum(2).clamp(min=1).rsqrt()
        laplacian = torch.diag_embed((a.sum(2) > 0).double()) - root[:, :, None] * a * root[:, None, :]
        values = torch.linalg.eigvalsh(laplacian)
        counts = histogram(values, torch.ones_like(values), edges)
        padding = (values.shape[1] - sizes)[:, None]  # a padded node is a lone one
        return counts - padding * histogram(torch.zeros(len(values), 1), torch.ones(len(values), 1), edges)

    return described(graphs, BINS, describe)
