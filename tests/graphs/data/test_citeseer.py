"""ego_small, and that reading the pickle runs nothing."""

import os
import pickle
from collections import defaultdict

import networkx as nx
import pytest

from sciml.graphs.data.citeseer import citation_graph, ego_small
from sciml.graphs.data.graph_set import graph_set
from sciml.io.errors import InputError


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_reads_what_planetoid_writes(tmp_path):
    neighbours = defaultdict(list, {0: [1, 2], 1: [0], 2: [0], 3: []})
    (tmp_path / "graph").write_bytes(pickle.dumps(neighbours, protocol=2))
    graph = citation_graph(tmp_path / "graph")
    assert sorted(map(sorted, graph.edges)) == [[0, 1], [0, 2]] and set(graph) == {0, 1, 2, 3}


def test_runs_no_code(tmp_path):
    (tmp_path / "graph").write_bytes(pickle.dumps({0: Evil(str(tmp_path / "made"))}))
    with pytest.raises(InputError, match=r"asks for .*mkdir, allowed are collections.defaultdict and list"):
        citation_graph(tmp_path / "graph")
    assert not (tmp_path / "made").exists()


def test_says_what_is_wrong(tmp_path):
    path = tmp_path / "graph"
    with pytest.raises(InputError, match="graph: no such file"):
        citation_graph(path)
    asks_for_all_memory = b"\x80\x02\x8ecollections\ndefaultdict\n\xff"
    remembers_a_thing_as_the_billionth = b"(tr\xff\xff\xff\x3f"
    for content in (b"", b"no pickle", pickle.dumps({0: [1]})[:-3], asks_for_all_memory, remembers_a_thing_as_the_billionth):
        path.write_bytes(content)
        with pytest.raises(InputError, match="cannot be read as a dictionary of lists"):
            citation_graph(path)
    for content in ([1, 2], {0: 1}, {0: ["a"]}):
        path.write_bytes(pickle.dumps(content))
        with pytest.raises(InputError, match="must be a dictionary from a node to the list of its neighbours"):
            citation_graph(path)


def test_egos_are_neighbourhoods_of_the_largest_component():
    graph = nx.disjoint_union(nx.star_graph(5), nx.path_graph(3))
    graph.add_edges_from([(1, 2), (0, 0)])
    egos = ego_small(graph)
    assert len(egos) == 1  # of the others none has 4 nodes
    assert nx.is_isomorphic(egos[0], nx.Graph([*nx.star_graph(5).edges, (1, 2)]))


def test_published_set(mirror):
    graphs = ego_small(citation_graph(mirror / "graphs" / "citeseer" / "ind.citeseer.graph"))
    assert len(graphs) == 200
    sizes = graph_set(graphs).sizes
    assert (int(sizes.min()), int(sizes.max()), int(sizes.sum())) == (4, 17, sum(map(len, graphs)))
    assert all(nx.is_connected(graph) and max(d for _, d in graph.degree) == len(graph) - 1 for graph in graphs)
