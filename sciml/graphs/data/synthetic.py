"""Synthetic data sets: independent draws of a generator, each split from a seed of its own."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import networkx as nx
import numpy as np

from sciml.graphs.data.blocks import block_model
from sciml.graphs.data.community import authors_community, community
from sciml.graphs.data.graph_set import graph_set
from sciml.graphs.data.grid import grid
from sciml.graphs.data.planar import planar
from sciml.graphs.data.prepare import write_plain
from sciml.graphs.data.tree import tree
from sciml.graphs.metrics.block_model import BLOCKS, SIZES
from sciml.io.errors import InputError

Draw = Callable[[np.random.Generator], nx.Graph]


def drawn(draw: Draw, counts: Sequence[int], seed: int) -> list[nx.Graph]:
    """Graphs of the three splits, one after the other.

    Split k comes from SeedSequence([seed, k]), so that no two seeds share a split; its graph i depends on how the graphs
    before it were drawn, not on how many follow.

    Raises:
        InputError: a negative count or seed, or no graph.
    """
    if min(counts) < 0 or not sum(counts) or seed < 0:
        raise InputError(f"`train`, `validation`, `test` and `seed` must be at least 0, a graph there; got {counts}, {seed}")
    graphs = []
    for k, count in enumerate(counts):
        generator = np.random.default_rng(np.random.SeedSequence([seed, k]))
        graphs += [draw(generator) for _ in range(count)]
    return graphs


def prepare_community_small(
    output: str | Path, *, train: int, validation: int, test: int, seed: int = 0, authors: bool = False
) -> None:
    """Graphs of two communities; `authors`: by the published construction. The paper's are 100, 80 and 20 of them."""
    draw = authors_community if authors else community
    _prepare("community_small", "graphs of two communities", draw, output, (train, validation, test), seed)


def prepare_grid(
    output: str | Path, *, train: int, validation: int, test: int, seed: int = 0, sides: tuple[int, int] = (10, 19)
) -> None:
    """Grids with sides between two bounds, both included."""
    _prepare("grid", "grids", partial(grid, sides=sides), output, (train, validation, test), seed)


def prepare_planar(output: str | Path, *, train: int, validation: int, test: int, seed: int = 0, nodes: int = 64) -> None:
    """Delaunay triangulations of random points."""
    _prepare("planar", "planar graphs", partial(planar, nodes=nodes), output, (train, validation, test), seed)


def prepare_sbm(
    output: str | Path,
    *,
    train: int,
    validation: int,
    test: int,
    seed: int = 0,
    blocks: tuple[int, int] = BLOCKS,
    sizes: tuple[int, int] = SIZES,
) -> None:
    """Stochastic block models; bounds of the number of blocks and of their sizes, both included."""
    draw = partial(block_model, blocks=blocks, sizes=sizes)
    _prepare("sbm", "stochastic block models", draw, output, (train, validation, test), seed)


def prepare_tree(output: str | Path, *, train: int, validation: int, test: int, seed: int = 0, nodes: int = 64) -> None:
    """Uniform labelled trees."""
    _prepare("tree", "random trees", partial(tree, nodes=nodes), output, (train, validation, test), seed)


def _prepare(kind: str, title: str, draw: Draw, output: str | Path, counts: tuple[int, int, int], seed: int) -> None:
    graphs = graph_set(drawn(draw, counts, seed))
    parts = np.repeat(np.arange(3, dtype=np.int8), counts)
    write_plain(graphs, parts, output, {"kind": kind, "title": f"Simulated {title}", "seed": seed})
