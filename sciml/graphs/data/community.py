"""Graphs of two communities, community_small: drawn afresh each, or as published.

A community of c nodes is a random graph with edge probability .7. Each of the c^2 pairs across is joined with probability
.1 / c, and if none is, one pair is. The number of nodes is 2 c with c = floor(m / 2), m uniform in 12..20.

The authors' code seeds both communities with their number, so that their 100 graphs are five pairs of communities with
other bridges, and half of the test graphs are isomorphic to training graphs. Here each graph is drawn afresh, and a
community again until it is connected (for c = 6 two in 100 are not), so that all graphs are connected, independent and of
two communities. The published construction is `authors_community`, for comparison.

Reference: Niu et al. (2020), arXiv 2003.00638, section 5.2; Jo, Lee and Hwang (2022), arXiv 2202.02514, appendix C.1.
"""

import networkx as nx
import numpy as np
from jaxtyping import Bool

NODES = (12, 20)
WITHIN = 0.7
ACROSS = 0.05
AUTHORS_GRAPHS = 100


def community(generator: np.random.Generator) -> nx.Graph:
    """A graph of two connected communities, of nodes 0..c-1 and c..2c-1."""
    size = _size(generator)
    return _joined(_connected(size, generator), _connected(size, generator), generator)


def authors_community(generator: np.random.Generator) -> nx.Graph:
    """The published construction: both communities are functions of their size alone, the bridges are drawn.

    Its communities are those of `networkx.gnp_random_graph` with seeds 0 and 1; all of them are connected.
    """
    size = _size(generator)
    first, second = (nx.to_numpy_array(nx.gnp_random_graph(size, WITHIN, seed=seed)) > 0 for seed in (0, 1))
    return _joined(first, second, generator)


def _size(generator: np.random.Generator) -> int:
    return int(generator.integers(*NODES, endpoint=True)) // 2


def _connected(size: int, generator: np.random.Generator) -> Bool[np.ndarray, "c c"]:
    while True:
        upper = np.triu(generator.random((size, size)) < WITHIN, 1)
        adjacency = upper | upper.T
        if nx.is_connected(nx.from_numpy_array(adjacency)):
            return adjacency


def _joined(first: Bool[np.ndarray, "c c"], second: Bool[np.ndarray, "c c"], generator: np.random.Generator) -> nx.Graph:
    size = len(first)
    bridges = generator.random((size, size)) < 2 * ACROSS / size
    if not bridges.any():
        bridges[0, 0] = True
    return nx.from_numpy_array(np.block([[first, bridges], [bridges.T, second]]).astype(np.uint8))
