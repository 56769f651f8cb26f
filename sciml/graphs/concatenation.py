"""Several sets of graphs as one."""

import torch
from torch.nn.functional import pad

from sciml.graphs.data.graph_set import GraphSet


def concatenated(*sets: GraphSet) -> GraphSet:
    """The graphs of all sets, in their order, padded to the largest.

    Raises:
        ValueError: the sets differ in their elements.
    """
    if len({graphs.atoms for graphs in sets}) != 1:
        raise ValueError(f"`sets` must have the same `atoms`, got {[graphs.atoms for graphs in sets]}")
    width = max(graphs.labels.shape[1] for graphs in sets)
    missing = [width - graphs.labels.shape[1] for graphs in sets]
    return GraphSet(
        torch.cat([pad(graphs.labels, (0, k)) for graphs, k in zip(sets, missing, strict=True)]),
        torch.cat([pad(graphs.edges, (0, k, 0, k)) for graphs, k in zip(sets, missing, strict=True)]),
        torch.cat([graphs.sizes for graphs in sets]),
        sets[0].atoms,
    )
