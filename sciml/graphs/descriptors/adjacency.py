"""Dense adjacency of a set in chunks of graphs of like sizes: bounded memory, little padding."""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float64
from torch import Tensor

from sciml.graphs.data.graph_set import GraphSet

ENTRIES = 2**23


def chunks(graphs: GraphSet) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Indices, adjacency of zeros and ones in float32, and sizes, by size; each chunk is cut to its largest graph."""
    order = graphs.sizes.long().argsort(stable=True)
    start = 0
    while start < len(order):
        index = order[start : start + max(1, ENTRIES // max(1, graphs.edges.shape[1]) ** 2)]
        index = index[graphs.sizes[index] <= max(16, 2 * int(graphs.sizes[index[0]]))]
        n = int(graphs.sizes[index].max())
        yield index, (graphs.edges[index, :n, :n] > 0).float(), graphs.sizes[index].long()
        start += len(index)


def described(
    graphs: GraphSet, width: int, describe: Callable[[Tensor, Tensor], Tensor]
) -> Float64[Tensor, "graph {width}"]:
    """Rows of `describe(adjacency, sizes)` for each graph, in the order of the set."""
    rows = torch.zeros(len(graphs), width, dtype=torch.float64)
    for index, adjacency, sizes in chunks(graphs):
        rows[index] = describe(adjacency, sizes)
    return rows


def histogram(values: Tensor, there: Tensor, edges: Tensor) -> Float64[Tensor, "graph bin"]:
    """How many of each row's values that are there lie in [e_k, e_{k+1}), the last bin with its right end."""
    bins = (torch.bucketize(values, edges, right=True) - 1).clamp(0, len(edges) - 2)
    counts = torch.zeros(len(values), len(edges) - 1, dtype=torch.float64)
    return counts.scatter_add_(1, bins, there.double())
