"""Stochastic block models.

Reference: Martinkus et al. (2022), SPECTRE, arXiv 2204.01613, section 5: 2 to 5 blocks of 20 to 40 nodes, edges with
probability .3 within and .005 across. As there, a graph that is not connected is drawn again.
"""

import networkx as nx
import numpy as np

from sciml.graphs.metrics.block_model import ACROSS, BLOCKS, SIZES, WITHIN


def block_model(
    generator: np.random.Generator, *, blocks: tuple[int, int] = BLOCKS, sizes: tuple[int, int] = SIZES
) -> nx.Graph:
    """A connected graph; the number of blocks and the size of each are uniform between the bounds, both included."""
    while True:
        count = int(generator.integers(*blocks, endpoint=True))
        block = np.repeat(np.arange(count), generator.integers(*sizes, size=count, endpoint=True))
        p = np.where(block[:, None] == block, WITHIN, ACROSS)
        graph = nx.from_numpy_array(np.triu(generator.random(p.shape) < p, 1).astype(np.uint8))
        if nx.is_connected(graph):
            return graph
