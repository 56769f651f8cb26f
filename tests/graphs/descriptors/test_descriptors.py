"""Descriptors against networkx, numpy and enumeration of all subgraphs."""

from itertools import combinations, product

import networkx as nx
import numpy as np
import pytest

from sciml.graphs.data.graph_set import graph_set
from sciml.graphs.descriptors import adjacency
from sciml.graphs.descriptors.clustering import clustering_histogram
from sciml.graphs.descriptors.degree import degree_histogram
from sciml.graphs.descriptors.orbits import orbit_counts
from sciml.graphs.descriptors.spectrum import spectrum_histogram

RANDOM = [
    nx.gnp_random_graph(n, p, seed=k) for k, (n, p) in enumerate(product([1, 2, 3, 6, 9, 14], [0.1, 0.3, 0.5, 0.8, 1]))
]
NAMED = [
    nx.petersen_graph(),
    nx.karate_club_graph(),
    nx.star_graph(6),
    nx.path_graph(9),
    nx.empty_graph(4),
    nx.wheel_graph(8),
]
GRAPHS = RANDOM + NAMED

# edges, sorted degrees -> the graphlet's nodes by degree, as orbits; a path of three edges and a star have equal edges
GRAPHLETS = {
    (1, 1): {1: 0},
    (1, 1, 2): {1: 1, 2: 2},
    (2, 2, 2): {2: 3},
    (1, 1, 2, 2): {1: 4, 2: 5},
    (1, 1, 1, 3): {1: 6, 3: 7},
    (2, 2, 2, 2): {2: 8},
    (1, 2, 2, 3): {1: 9, 2: 10, 3: 11},
    (2, 2, 3, 3): {2: 12, 3: 13},
    (3, 3, 3, 3): {3: 14},
}


def _enumerated(graph: nx.Graph) -> np.ndarray:
    counts = np.zeros(15)
    for size in (2, 3, 4):
        for nodes in combinations(graph, size):
            part = graph.subgraph(nodes)
            if nx.is_connected(part):
                degrees = [d for _, d in part.degree]
                orbits = GRAPHLETS[tuple(sorted(degrees))]
                for d in degrees:
                    counts[orbits[d]] += 1
    return counts / graph.number_of_nodes()


def test_orbits_equal_enumeration():
    small = [graph for graph in GRAPHS if graph.number_of_nodes() <= 14]
    expected = np.stack([_enumerated(graph) for graph in small])
    np.testing.assert_allclose(orbit_counts(graph_set(small)), expected, rtol=1e-13, atol=1e-13)


def test_orbits_of_a_large_complete_graph():
    """K_n holds only complete graphlets; each node is in C(n - 1, k - 1) of k nodes."""
    expected = np.zeros(15)
    expected[[0, 3, 14]] = 59, 59 * 58 / 2, 59 * 58 * 57 / 6
    np.testing.assert_allclose(orbit_counts(graph_set([nx.complete_graph(60)]))[0], expected, rtol=1e-13)


def test_degrees():
    counts = degree_histogram(graph_set(GRAPHS)).numpy()
    for row, graph in zip(counts, GRAPHS, strict=True):
        expected = nx.degree_histogram(graph)
        np.testing.assert_array_equal(row[: len(expected)], expected)
        assert row.sum() == graph.number_of_nodes()


def test_clustering():
    """The community graphs have coefficients at the bins' ends, such as .7."""
    graphs = GRAPHS + [nx.random_partition_graph([8, 8], 0.7, 0.1, seed=k) for k in range(10)]
    expected = [np.histogram(list(nx.clustering(graph).values()), bins=100, range=(0, 1))[0] for graph in graphs]
    np.testing.assert_array_equal(clustering_histogram(graph_set(graphs)), expected)


def test_spectra():
    graphs = [graph for graph in GRAPHS if not any(_bipartite(graph))]
    expected = [_spectrum(graph) for graph in graphs]
    np.testing.assert_array_equal(spectrum_histogram(graph_set(graphs)), expected)
    assert len(graphs) > 15


def test_the_eigenvalue_two_of_bipartite_graphs_counts():
    """Complete bipartite graphs have 0 and 2 once and 1 else."""
    counts = spectrum_histogram(graph_set([nx.complete_bipartite_graph(3, 4)]))[0]
    assert counts[0] == 1 and counts[100] == 5 and counts[199] == 1 and counts.sum() == 7


@pytest.mark.parametrize("describe", [degree_histogram, clustering_histogram, spectrum_histogram, orbit_counts])
def test_chunks_do_not_matter(describe, monkeypatch: pytest.MonkeyPatch):
    whole = describe(graph_set(GRAPHS))
    monkeypatch.setattr(adjacency, "ENTRIES", 1)
    np.testing.assert_allclose(describe(graph_set(GRAPHS)), whole, rtol=1e-12)


def _bipartite(graph: nx.Graph) -> list[bool]:
    parts = (graph.subgraph(part) for part in nx.connected_components(graph))
    return [part.number_of_edges() > 0 and nx.is_bipartite(part) for part in parts]


def _spectrum(graph: nx.Graph) -> np.ndarray:
    values = np.linalg.eigvalsh(nx.normalized_laplacian_matrix(graph, weight=None).toarray())
    return np.histogram(values, bins=200, range=(-1e-5, 2))[0]
