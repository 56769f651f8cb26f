"""Random trees.

Reference: Bergmeister et al. (2023), arXiv 2312.11529, section 5: uniform over the labelled trees of 64 nodes; uniform are
the trees of uniform Pruefer sequences (Pruefer 1918).
"""

import networkx as nx
import numpy as np


def tree(generator: np.random.Generator, *, nodes: int = 64) -> nx.Graph:
    """One of the nodes^(nodes - 2) labelled trees, `nodes` at least 2."""
    return nx.from_prufer_sequence(generator.integers(nodes, size=nodes - 2).tolist())
