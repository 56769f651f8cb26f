"""Validity of graphs whose kind is known."""

import networkx as nx
import numpy as np
import pytest

from sciml.graphs.metrics.block_model import fitted_blocks, is_block_model
from sciml.graphs.metrics.validity import VALIDITY


def _blocks(sizes: list[int], seed: int, within: float = 0.3, across: float = 0.005) -> nx.Graph:
    p = np.where(np.eye(len(sizes)) > 0, within, across)
    return nx.stochastic_block_model(sizes, p.tolist(), seed=seed)


def _torn(graph: nx.Graph) -> nx.Graph:
    return nx.disjoint_union(graph, graph)


@pytest.mark.parametrize(
    ("kind", "yes", "no"),
    [
        ("planar", [nx.grid_2d_graph(4, 5), nx.complete_graph(4)], [nx.complete_graph(5), _torn(nx.path_graph(3))]),
        ("tree", [nx.path_graph(1), nx.balanced_tree(2, 3)], [nx.cycle_graph(4), _torn(nx.path_graph(3))]),
        (
            "grid",
            [nx.grid_2d_graph(2, 2), nx.grid_2d_graph(3, 7)],
            [nx.path_graph(6), nx.circular_ladder_graph(6), nx.ladder_graph(1), nx.complete_bipartite_graph(2, 3)],
        ),
        (
            "community",
            [nx.barbell_graph(6, 0), nx.random_partition_graph([8, 8], 0.9, 0.02, seed=1)],
            [nx.complete_graph(9), _torn(nx.complete_graph(5)), nx.ring_of_cliques(3, 5)],
        ),
    ],
)
def test_kinds(kind: str, yes: list[nx.Graph], no: list[nx.Graph]):
    assert [VALIDITY[kind](graph) for graph in yes + no] == [True] * len(yes) + [False] * len(no)


def test_blocks_are_found():
    graph = _blocks([30, 25, 20], seed=0)
    assert fitted_blocks(graph).tolist() == [0] * 30 + [1] * 25 + [2] * 20


def test_block_models_pass_and_others_fail():
    sizes = [[30, 25], [20, 35, 28], [22, 31, 40, 26], [35, 30, 25, 30, 38]]
    assert sum(is_block_model(_blocks(size, seed)) for size in sizes for seed in range(5)) >= 18
    wrong = [
        _blocks([30, 30, 30], 0, within=0.42),
        _blocks([30, 30, 30], 0, across=0.02),
        _blocks([30, 10], 0),
        _blocks([30], 0),
        nx.gnp_random_graph(90, 0.1, seed=0),
        nx.grid_2d_graph(8, 8),
    ]
    assert not any(is_block_model(graph) for graph in wrong)
