"""Which graphs of a set are isomorphic.

Reference: Shervashidze et al. (2011), Weisfeiler-Lehman graph kernels, JMLR 12; Juettner and Madarasi (2018), VF2++,
doi:10.1016/j.dam.2018.02.018.
"""

from collections import defaultdict

import networkx as nx
import numpy as np
from jaxtyping import Int64, UInt64
from torch import Tensor

from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.descriptors.adjacency import chunks
from sciml.graphs.metrics.hashing import chained, mixed

ROUNDS = 8


def colours(graphs: GraphSet, *, rounds: int = ROUNDS) -> UInt64[np.ndarray, "graph node"]:
    """Weisfeiler-Lehman colours of the nodes, from their labels and degrees; 0 where padded."""
    result = np.zeros(tuple(graphs.labels.shape), dtype=np.uint64)
    for index, adjacency, sizes in chunks(graphs):
        n = adjacency.shape[1]
        there = np.arange(n) < sizes.numpy()[:, None]
        near = adjacency.numpy().astype(np.uint64)
        colour = chained(graphs.labels[index, :n].numpy().astype(np.uint64), near.sum(2))
        for _ in range(rounds):
            colour = chained(colour, (near @ mixed(colour)[:, :, None])[:, :, 0])
        result[index.numpy()[:, None], np.arange(n)] = np.where(there, colour, np.uint64(0))
    return result


def isomorphism_classes(graphs: GraphSet) -> Int64[np.ndarray, " graph"]:
    """A number for each graph, equal where graphs are isomorphic, by order of first appearance.

    Graphs of equal sorted colours are compared exactly. Labels of nodes count, categories of edges do not.
    """
    nodes = colours(graphs)
    keys = np.sort(nodes, axis=1)
    buckets: dict[bytes, list[tuple[nx.Graph, int]]] = defaultdict(list)
    classes = np.empty(len(graphs), dtype=np.int64)
    count = 0
    for index, key in enumerate(keys):
        bucket = buckets[key.tobytes()]
        graph = _coloured(graphs.edges[index], int(graphs.sizes[index]), nodes[index])
        same = next((c for other, c in bucket if nx.vf2pp_is_isomorphic(graph, other, node_label="colour")), None)
        if same is None:
            bucket.append((graph, count))
            same, count = count, count + 1
        classes[index] = same
    return classes


def _coloured(edges: Tensor, size: int, colour: np.ndarray) -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from((i, {"colour": int(c)}) for i, c in enumerate(colour[:size]))
    graph.add_edges_from(edges[:size, :size].triu(1).nonzero().tolist())
    return graph
