"""Isomorphism classes against networkx, among them graphs that colours cannot tell apart."""

import networkx as nx
import numpy as np
import torch

from sciml.graphs.concatenation import concatenated
from sciml.graphs.data.graph_set import graph_set
from sciml.graphs.isolated import without_isolated
from sciml.graphs.metrics.isomorphism import colours, isomorphism_classes


def _relabelled(graph: nx.Graph, seed: int) -> nx.Graph:
    order = np.random.default_rng(seed).permutation(graph.number_of_nodes())
    result = nx.Graph()
    result.add_nodes_from(range(len(order)))
    result.add_edges_from((int(order[u]), int(order[v])) for u, v in nx.convert_node_labels_to_integers(graph).edges)
    return result


def test_all_graphs_of_five_nodes():
    """The atlas holds each graph up to isomorphism once: 34 of five nodes."""
    atlas = [graph for graph in nx.graph_atlas_g() if graph.number_of_nodes() == 5]
    twice = [_relabelled(graph, seed) for seed in (1, 2) for graph in atlas]
    np.testing.assert_array_equal(isomorphism_classes(graph_set(twice)), list(range(34)) * 2)


def test_regular_graphs_of_equal_colours():
    """Two triangles and a hexagon; random cubic graphs against networkx pair by pair."""
    graphs = [nx.disjoint_union(nx.cycle_graph(3), nx.cycle_graph(3)), nx.cycle_graph(6)]
    assert len(np.unique(np.sort(colours(graph_set(graphs)), axis=1), axis=0)) == 1
    assert isomorphism_classes(graph_set(graphs)).tolist() == [0, 1]
    cubic = [nx.random_regular_graph(3, 8, seed=k) for k in range(20)]
    classes = isomorphism_classes(graph_set(cubic))
    for i, one in enumerate(cubic):
        for j, other in enumerate(cubic):
            assert (classes[i] == classes[j]) == nx.is_isomorphic(one, other)
    assert 1 < len(set(classes.tolist())) < 20


def test_labels_count():
    graphs = graph_set([nx.path_graph(3)] * 3)
    graphs.labels[1, 0], graphs.labels[2, 2] = 1, 1
    assert isomorphism_classes(graphs).tolist() == [0, 1, 1]


def test_concatenation_pads():
    one, other = graph_set([nx.path_graph(2)]), graph_set([nx.cycle_graph(5), nx.path_graph(3)])
    both = concatenated(one, other)
    assert [
        nx.utils.graphs_equal(a, b) for a, b in zip(both.to_networkx(), one.to_networkx() + other.to_networkx(), strict=True)
    ]
    assert both.sizes.tolist() == [2, 5, 3]
    assert isomorphism_classes(both).tolist() == [0, 1, 2]


def test_isolated_nodes_are_dropped():
    graph = nx.path_graph([1, 3, 4])
    graph.add_nodes_from([0, 2, 5])
    graphs = graph_set([nx.relabel_nodes(graph, {}, copy=True), nx.empty_graph(4)])
    less = without_isolated(graphs)
    assert less.sizes.tolist() == [3, 1]
    assert (
        isomorphism_classes(less).tolist() == isomorphism_classes(graph_set([nx.path_graph(3), nx.empty_graph(1)])).tolist()
    )
    assert nx.is_isomorphic(less.to_networkx()[0], nx.path_graph(3))
    assert torch.equal(without_isolated(less).edges, less.edges)
