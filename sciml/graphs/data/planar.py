"""Planar graphs: the Delaunay triangulation of random points.

Reference: Martinkus et al. (2022), SPECTRE, arXiv 2204.01613, section 5: 64 points, uniform in the unit square.
"""

import networkx as nx
import numpy as np
from scipy.spatial import Delaunay


def planar(generator: np.random.Generator, *, nodes: int = 64) -> nx.Graph:
    """The triangulation of `nodes` points, at least 3, uniform in the unit square."""
    triangles = Delaunay(generator.random((nodes, 2))).simplices
    graph = nx.empty_graph(nodes)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        graph.add_edges_from(triangles[:, [i, j]].tolist())
    return graph
