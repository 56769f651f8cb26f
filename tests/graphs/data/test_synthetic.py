"""Generators: the laws they draw from, that draws are fresh, and what is stored."""

import itertools

import networkx as nx
import numpy as np
import pytest
from scipy.spatial import ConvexHull
from scipy.stats import binomtest, chisquare

from sciml.graphs.data.blocks import block_model
from sciml.graphs.data.community import authors_community, community
from sciml.graphs.data.grid import grid
from sciml.graphs.data.planar import planar
from sciml.graphs.data.store import load_graphs, summary
from sciml.graphs.data.synthetic import drawn, prepare_community_small, prepare_grid
from sciml.graphs.data.tree import tree
from sciml.io.errors import InputError


def draws(draw, count, **options):
    generator = np.random.default_rng(0)
    return [draw(generator, **options) for _ in range(count)]


def halves(graph):
    """Adjacency within the first and within the second community, and the bridges."""
    adjacency, c = nx.to_numpy_array(graph, nodelist=sorted(graph)), len(graph) // 2
    return adjacency[:c, :c], adjacency[c:, c:], adjacency[:c, c:]


def test_communities_are_connected_and_have_the_published_sizes():
    graphs = draws(community, 900)
    assert all(nx.is_connected(nx.from_numpy_array(half)) for graph in graphs for half in halves(graph)[:2])
    assert all(halves(graph)[2].any() for graph in graphs)
    counts = [sum(len(graph) == n for graph in graphs) for n in (12, 14, 16, 18, 20)]
    assert chisquare(counts, [200, 200, 200, 200, 100]).pvalue > 0.01  # m uniform in 12..20, of which 20 alone gives 20


def test_community_edges_have_the_published_probabilities():
    graphs = [graph for graph in draws(community, 3000) if len(graph) == 20]
    within = sum(half.sum() / 2 for graph in graphs for half in halves(graph)[:2])
    assert binomtest(int(within), 90 * len(graphs), 0.7).pvalue > 0.01  # of 10 nodes all but 4 in 10^4 are connected
    bridges = [int(halves(graph)[2].sum()) for graph in graphs]
    none_or_one = 0.99**100 + 100 * 0.01 * 0.99**99  # p = .1 / 10; where none is drawn, one is made
    assert binomtest(sum(count == 1 for count in bridges), len(graphs), none_or_one).pvalue > 0.01


def test_authors_communities_are_five_pairs():
    graphs = draws(authors_community, 100)
    pairs = {(half[0].tobytes(), half[1].tobytes()) for half in map(halves, graphs)}
    published = [[nx.to_numpy_array(nx.gnp_random_graph(c, 0.7, seed=seed)) for seed in (0, 1)] for c in range(6, 11)]
    assert pairs == {(first.tobytes(), second.tobytes()) for first, second in published}
    assert len({(half[0].tobytes(), half[1].tobytes()) for half in map(halves, draws(community, 100))}) == 100


def test_grids_are_grids_of_all_sides():
    graphs = draws(grid, 200, sides=(2, 4))
    shapes = list(itertools.combinations_with_replacement((2, 3, 4), 2))
    kinds = [[nx.is_isomorphic(graph, nx.grid_2d_graph(*shape)) for shape in shapes] for graph in graphs]
    counts = np.sum(kinds, axis=0)
    assert counts.sum() == 200
    assert chisquare(counts, [200 / 9 * (1 if a == b else 2) for a, b in shapes]).pvalue > 0.01
    assert {len(graph) for graph in draws(grid, 3)} <= {a * b for a in range(10, 20) for b in range(10, 20)}


def test_triangulations_have_as_many_edges_as_euler_says():
    generator, twin = np.random.default_rng(1), np.random.default_rng(1)
    for _ in range(10):
        graph = planar(generator)
        corners = len(ConvexHull(twin.random((64, 2))).vertices)
        assert graph.number_of_edges() == 3 * 64 - 3 - corners
        assert nx.check_planarity(graph)[0] and nx.is_connected(graph)


def test_block_models_have_the_published_blocks_and_probabilities():
    graphs = draws(block_model, 60, blocks=(2, 2), sizes=(30, 30))
    within = sum(half.sum() / 2 for graph in graphs for half in halves(graph)[:2])
    assert binomtest(int(within), 60 * 870, 0.3).pvalue > 0.01
    across = sum(halves(graph)[2].sum() for graph in graphs)
    assert binomtest(int(across), 60 * 900, 0.005).pvalue > 0.01  # at least one, which e^-4.5 are without
    assert all(nx.is_connected(graph) for graph in graphs)
    sizes = [len(graph) for graph in draws(block_model, 100)]
    assert min(sizes) >= 40 and max(sizes) <= 200 and max(sizes) > 140


def test_trees_are_uniform_over_labelled_trees():
    graphs = draws(tree, 1600, nodes=4)
    kinds = [tuple(sorted(map(tuple, map(sorted, graph.edges)))) for graph in graphs]
    counts = [kinds.count(kind) for kind in set(kinds)]
    assert len(counts) == 16 and chisquare(counts).pvalue > 0.01  # Cayley: 4^2
    assert len(draws(tree, 1)[0]) == 64 and nx.is_tree(draws(tree, 1)[0])


def test_splits_are_of_their_own_and_do_not_depend_on_counts():
    edges = [sorted(graph.edges) for graph in drawn(community, (3, 2, 2), 7)]
    more = [sorted(graph.edges) for graph in drawn(community, (5, 0, 4), 7)]
    assert edges[:3] == more[:3] and edges[5:] == more[5:7]
    assert edges[0] != edges[3] != edges[5]
    assert sorted(drawn(community, (1, 0, 0), 8)[0].edges) != edges[0]
    with pytest.raises(InputError, match="must be at least 0, a graph there; got"):
        drawn(community, (0, 0, 0), 0)


def test_what_is_drawn_is_stored(tmp_path):
    prepare_community_small(tmp_path / "c.zarr", train=6, validation=2, test=3, seed=5)
    expected = drawn(community, (6, 2, 3), 5)
    for split, graphs in (("train", expected[:6]), ("validation", expected[6:8]), ("test", expected[8:])):
        stored = load_graphs(tmp_path / "c.zarr", split).to_networkx()
        assert [set(map(frozenset, graph.edges)) for graph in stored] == [set(map(frozenset, g.edges)) for g in graphs]
    assert summary(tmp_path / "c.zarr")["graphs"] == {"train": 6, "validation": 2, "test": 3}


def test_copies_of_training_graphs_are_counted(tmp_path):
    prepare_grid(tmp_path / "g.zarr", train=2, validation=0, test=4, sides=(3, 3))
    assert summary(tmp_path / "g.zarr")["test_isomorphic_to_train"] == 4
    prepare_community_small(tmp_path / "a.zarr", train=80, validation=0, test=20, authors=True)
    assert summary(tmp_path / "a.zarr")["test_isomorphic_to_train"] >= 5  # about half, as in the published split
