"""Orbit counts of the graphlets of two, three and four nodes, in closed form.

Reference: Przulj (2007), doi:10.1093/bioinformatics/btl301 (orbits 0 to 14); Hocevar and Demsar (2014), ORCA,
doi:10.1093/bioinformatics/btt717.
"""

import torch
from jaxtyping import Float64
from torch import Tensor

from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.descriptors.adjacency import described

ORBITS = 15
TRIANGLES = 2**17


def orbit_counts(graphs: GraphSet) -> Float64[Tensor, "graph 15"]:
    """Orbit counts 0 to 14, averaged over the nodes of each graph.

    A sum over nodes is a count of induced subgraphs times the nodes that each has in the orbit. With degrees d, codegrees
    m_uv = (A^2)_uv and triangles t_v = sum_u A_uv m_uv / 2 at a node, the subgraphs that need not be induced are

        paths  sum_uv (d_u - 1)(d_v - 1) - 3 T,    claws  sum_v C(d_v, 3),          cycles  sum_{u<v} C(m_uv, 2) / 2,
        paws   sum_v t_v (d_v - 2),                diamonds  sum_uv C(m_uv, 2),     K4      triangles' common neighbours / 4,

    the sums over uv over edges. Subtracting those that lie in a denser graphlet leaves the induced ones.
    """
    return described(graphs, ORBITS, lambda adjacency, sizes: _sums(adjacency) / sizes[:, None])


def _sums(a: Tensor) -> Tensor:
    common = (a @ a).double()
    cliques = _cliques(a, common)
    a = a.double()
    d = a.sum(2)
    edges, per_edge, at_node = d.sum(1) / 2, common * a, (common * a).sum(2) / 2
    triangles = at_node.sum(1) / 3
    pairs = (common * (common - 1) / 2 * (1 - torch.eye(a.shape[1], dtype=torch.float64))).sum((1, 2)) / 2
    diamonds = (per_edge * (per_edge - 1) / 2).sum((1, 2)) / 2 - 6 * cliques
    cycles = pairs / 2 - diamonds - 3 * cliques
    paws = (at_node * (d - 2)).sum(1) - 4 * diamonds - 12 * cliques
    claws = (d * (d - 1) * (d - 2)).sum(1) / 6 - paws - 2 * diamonds - 4 * cliques
    ends = ((d - 1) * (a @ (d - 1)[:, :, None])[:, :, 0]).sum(1) / 2 - 3 * triangles
    paths = ends - 2 * paws - 4 * cycles - 6 * diamonds - 12 * cliques
    wedges = (d * (d - 1)).sum(1) / 2 - 3 * triangles
    small = [2 * edges, 2 * wedges, wedges, 3 * triangles]
    four = [
        2 * paths,
        2 * paths,
        3 * claws,
        claws,
        4 * cycles,
        paws,
        2 * paws,
        paws,
        2 * diamonds,
        2 * diamonds,
        4 * cliques,
    ]
    return torch.stack(small + four, dim=1)


def _cliques(a: Tensor, common: Tensor) -> Tensor:
    """Number of K4: common neighbours of the nodes of each triangle."""
    adjacent = a.bool()
    graph, i, j = (adjacent.triu(1) & (common >= 2)).nonzero().unbind(1)  # an edge of K4 has two common neighbours
    counts = torch.zeros(len(a), dtype=torch.float64)
    for own, u, v in zip(*(part.split(TRIANGLES // a.shape[1] + 1) for part in (graph, i, j)), strict=True):
        shared = adjacent[own, u] & adjacent[own, v]
        edge, w = shared.nonzero().unbind(1)
        keep = w > v[edge]
        edge, w = edge[keep], w[keep]
        for e, third in zip(edge.split(TRIANGLES), w.split(TRIANGLES), strict=True):
            found = (shared[e] & adjacent[own[e], third]).sum(1)
            counts.index_add_(0, own[e], found.double() / 4)
    return counts
