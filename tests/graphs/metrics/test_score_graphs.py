"""Scores of generic graphs: what is known exactly, and that floors, intervals and warnings say what they should."""

import json

import networkx as nx
import numpy as np
import pytest

from sciml.graphs.concatenation import concatenated
from sciml.graphs.data.graph_set import GraphSet, graph_set
from sciml.graphs.descriptors.degree import degree_histogram
from sciml.graphs.metrics.score_graphs import score_graphs
from sciml.metrics.gram import DenseGram
from sciml.metrics.kernels import gaussian_emd
from sciml.metrics.mmd import mmd_biased, mmd_of_subsets, mmd_unbiased


def _communities(count: int, seed: int, across: float = 0.05) -> GraphSet:
    generator = np.random.default_rng(seed)
    graphs = []
    for _ in range(count):
        half = int(generator.integers(6, 11))
        graphs.append(nx.random_partition_graph([half, half], 0.7, across, seed=int(generator.integers(1 << 30))))
    return graph_set(graphs)


def test_scores_are_plain_and_repeatable():
    sets = _communities(40, 1), _communities(20, 2), _communities(30, 3)
    scores = score_graphs(*sets, seed=0, kind="community", draws=50)
    assert json.loads(json.dumps(scores)) == scores == score_graphs(*sets, seed=0, kind="community", draws=50)
    assert scores["counts"] == {"generated": 40, "reference": 20, "train": 30}


def test_equal_laws_lie_at_the_floor_and_others_do_not():
    reference, train = _communities(60, 2), _communities(60, 3)
    for across, same in ((0.05, True), (0.5, False)):
        mmd = score_graphs(_communities(100, 1, across), reference, train, seed=0, draws=200)["mmd"]
        low, high = mmd["mean"]["interval"]
        assert (low <= 0 <= high) == same
        assert mmd["mean"]["floor_interval"][0] < 0 < mmd["mean"]["floor_interval"][1]


def test_estimates_are_those_of_the_formulas():
    sets = _communities(30, 1), _communities(20, 2), _communities(25, 3)
    mmd = score_graphs(*sets, seed=0, draws=20)["mmd"]["degree"]
    x, y, z = degree_histogram(concatenated(*sets)).split([30, 20, 25])
    gram = DenseGram(gaussian_emd(x, x), gaussian_emd(y, y), gaussian_emd(x, y))
    floor = DenseGram(gaussian_emd(z, z), gaussian_emd(y, y), gaussian_emd(z, y))
    assert mmd["biased"] == pytest.approx(mmd_biased(gram), abs=1e-12)
    assert mmd["value"] == pytest.approx(mmd_unbiased(gram), abs=1e-12)
    assert mmd["floor"] == pytest.approx(mmd_unbiased(floor), abs=1e-12)
    assert mmd["published_protocol"]["floor"] == mmd_of_subsets(floor, size=20, seed=0)[0]


def test_shares_are_counted():
    """Of five: a tree twice, a training tree, a cycle, a forest; two trees are new and valid, but equal."""
    path, star, tripod = nx.path_graph(6), nx.star_graph(5), nx.Graph([(0, 1), (1, 2), (0, 3), (3, 4), (0, 5)])
    forest = nx.disjoint_union(nx.path_graph(3), nx.path_graph(3))
    generated = graph_set([tripod, nx.relabel_nodes(tripod, {0: 5, 5: 0}), path, nx.cycle_graph(6), forest])
    scores = score_graphs(generated, graph_set([star, path]), graph_set([path, path]), seed=0, kind="tree", draws=5)
    values = {name: entry["value"] for name, entry in scores["shares"].items()}
    assert values == {"connected": 0.8, "unique": 0.8, "novel": 0.8, "reference_in_train": 0.5, "valid": 0.6, "vun": 0.2}
    assert scores["warnings"] == ["1 of 2 reference graphs are isomorphic to training graphs: scores reward memory"]


def test_isolated_nodes_are_told_and_dropped_at_will():
    lone = nx.path_graph(4)
    lone.add_node(4)
    sets = graph_set([lone, nx.path_graph(5)]), graph_set([nx.cycle_graph(4)] * 2), graph_set([nx.cycle_graph(5)] * 2)
    kept, dropped = (score_graphs(*sets, seed=0, draws=5, drop_isolated=drop) for drop in (False, True))
    assert kept["warnings"] == ["50.0% of the generated graphs have nodes without edges"]
    assert dropped["warnings"] == ["50.0% of the generated graphs have nodes without edges, dropped"]
    assert [scores["shares"]["connected"]["value"] for scores in (kept, dropped)] == [0.5, 0.5]  # shares are as generated
    assert kept["mmd"]["degree"]["value"] != dropped["mmd"]["degree"]["value"]


def test_large_sets_are_cut():
    scores = score_graphs(_communities(30, 1), _communities(9, 2), _communities(12, 3), seed=0, draws=5, most=10)
    assert scores["counts"] == {"generated": 10, "reference": 9, "train": 10}


def test_bad_arguments_are_refused():
    graphs = _communities(2, 0)
    with pytest.raises(ValueError, match="`kind` must be among community, grid, planar, sbm, tree, got cube"):
        score_graphs(graphs, graphs, graphs, seed=0, kind="cube")
    with pytest.raises(ValueError, match="`reference` must have at least 2 graphs, got 1"):
        score_graphs(graphs, graphs.take(slice(0, 1)), graphs, seed=0)


def test_a_law_that_is_not_the_datas_is_told():
    """Paths are trees, cycles are none; at a half of each nothing is said."""
    paths, cycles = [nx.path_graph(k) for k in (5, 6)], [nx.cycle_graph(k) for k in (5, 6)]
    made, train = graph_set([nx.star_graph(4)] * 2), graph_set([nx.star_graph(6)] * 2)
    told = [
        score_graphs(made, graph_set(reference), train, seed=0, kind="tree", draws=5)["warnings"]
        for reference in (cycles, [*cycles, paths[0]], [*cycles, *paths])
    ]
    text = " of the reference graphs are valid by `law` tree, which is not theirs: `valid` says little"
    assert told == [["0.0%" + text], ["33.3%" + text], []]
