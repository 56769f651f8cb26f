"""What makes a graph of a synthetic data set valid, by the data set's name.

Reference: Martinkus et al. (2022), SPECTRE, arXiv 2204.01613, section 5; Vignac et al. (2023), DiGress, arXiv 2209.14734,
section 7.1.
"""

from collections.abc import Callable

import networkx as nx

from sciml.graphs.metrics.block_model import is_block_model


def is_connected(graph: nx.Graph) -> bool:
    """Whether each node is reached from each."""
    return nx.is_connected(graph)


def is_planar(graph: nx.Graph) -> bool:
    """Connected, and can be drawn without crossings."""
    return nx.is_connected(graph) and nx.check_planarity(graph)[0]


def is_tree(graph: nx.Graph) -> bool:
    """Connected, without cycles."""
    return nx.is_tree(graph)


def is_grid(graph: nx.Graph) -> bool:
    """A rectangle of a by b nodes, a, b >= 2, each joined to its neighbours."""
    n, edges = graph.number_of_nodes(), graph.number_of_edges()
    sides = [(a, n // a) for a in range(2, int(n**0.5) + 1) if n % a == 0 and edges == 2 * n - a - n // a]
    return any(nx.vf2pp_is_isomorphic(graph, nx.grid_2d_graph(a, b)) for a, b in sides)


def is_two_communities(graph: nx.Graph) -> bool:
    """Connected, and the partition of largest modularity (Louvain) has two parts."""
    return nx.is_connected(graph) and len(nx.community.louvain_communities(graph, seed=0)) == 2


VALIDITY: dict[str, Callable[[nx.Graph], bool]] = {
    "community": is_two_communities,
    "grid": is_grid,
    "planar": is_planar,
    "sbm": is_block_model,
    "tree": is_tree,
}
