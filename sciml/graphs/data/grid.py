"""Grids of two random sides.

Reference: You et al. (2018), GraphRNN, arXiv 1802.08773, section 4.1; Jo, Lee and Hwang (2022), arXiv 2202.02514, appendix
C.1: sides uniform in 10..19. There are few shapes, 55 up to isomorphism, so most test graphs are training graphs.
"""

import networkx as nx
import numpy as np


def grid(generator: np.random.Generator, *, sides: tuple[int, int] = (10, 19)) -> nx.Graph:
    """A rectangle of a by b nodes, each joined to its neighbours; a and b are uniform between `sides`, both included."""
    a, b = generator.integers(*sides, size=2, endpoint=True)
    return nx.convert_node_labels_to_integers(nx.grid_2d_graph(int(a), int(b)))
