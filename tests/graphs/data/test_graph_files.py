"""Edge lists and GraphML."""

import networkx as nx
import pytest

from sciml.graphs.data.graph_files import read_edge_list, read_graph_files, read_graphml
from sciml.graphs.data.graph_set import graph_set
from sciml.graphs.samples import export_samples
from sciml.io.errors import InputError

LIST = """# two graphs
a b   # an edge
b c
c b
d

1 2

"""


def test_an_empty_line_ends_a_graph(tmp_path):
    (tmp_path / "x.edges").write_text(LIST)
    first, second = read_edge_list(tmp_path / "x.edges")
    assert nx.utils.graphs_equal(first, nx.Graph({"a": ["b"], "b": ["c"], "d": []}))
    assert nx.utils.graphs_equal(second, nx.Graph([("1", "2")]))


@pytest.mark.parametrize("line", ["a b c", "a a"])
def test_a_line_that_is_no_edge_is_named(tmp_path, line):
    (tmp_path / "x.edges").write_text(f"a b\n{line}\n")
    with pytest.raises(InputError, match=rf"x.edges: line 2: must hold one name, or two different names .* got '{line}'"):
        read_edge_list(tmp_path / "x.edges")


def test_graphml(tmp_path):
    nx.write_graphml(nx.petersen_graph(), tmp_path / "p.graphml")
    (graph,) = read_graphml(tmp_path / "p.graphml")
    assert nx.is_isomorphic(graph, nx.petersen_graph())


def test_all_graphs_of_a_graphml_file(tmp_path):
    graphs = [nx.Graph(nx.petersen_graph().edges), nx.path_graph(3), nx.MultiGraph([(0, 1), (0, 1), (1, 2)])]
    for k, graph in enumerate(graphs):
        nx.write_graphml(graph, tmp_path / f"{k}.graphml")
    bodies = [(tmp_path / f"{k}.graphml").read_text() for k in range(3)]
    together = "".join(text[text.index("<graph ") : text.index("</graphml>")] for text in bodies)
    for head in ('<graphml xmlns="http://graphml.graphdrawing.org/xmlns">', "<graphml>"):
        (tmp_path / "all.graphml").write_text(f"{head}{together}</graphml>")
        found = read_graphml(tmp_path / "all.graphml")
        assert [sorted(found[k].edges) for k in (1, 2)] == [[("0", "1"), ("1", "2")]] * 2
        assert len(found) == 3 and nx.is_isomorphic(found[0], graphs[0])


def test_exported_samples_come_back_graph_by_graph(tmp_path):
    lonely = nx.path_graph(4)
    lonely.add_nodes_from((4, 5))
    graphs = [nx.cycle_graph(5), lonely, nx.Graph({0: []}), *(nx.path_graph(k) for k in range(2, 12))]
    export_samples(tmp_path / "s.graphml", graph_set(graphs))
    found = read_graph_files(tmp_path / "s.graphml", largest=11)
    assert len(found) == len(graphs)
    assert all(map(nx.is_isomorphic, found, graphs))


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({0: 1, 1: 2}, r"p.graphml: nodes '0' and '1' are joined but of different graphs \(attribute `graph`\)"),
        ({0: 1}, r"p.graphml: node '1' has no attribute `graph`, by which other nodes are told apart"),
    ],
)
def test_graphs_that_cannot_be_told_apart(tmp_path, numbers, message):
    graph = nx.Graph([(0, 1)])
    nx.set_node_attributes(graph, numbers, "graph")
    nx.write_graphml(graph, tmp_path / "p.graphml")
    with pytest.raises(InputError, match=message):
        read_graphml(tmp_path / "p.graphml")


def test_graphml_that_will_not_do(tmp_path):
    path = tmp_path / "p.graphml"
    nx.write_graphml(nx.DiGraph([(0, 1)]), path)
    with pytest.raises(InputError, match="the graph is directed"):
        read_graphml(path)
    nx.write_graphml(nx.Graph([(0, 1), (1, 1)]), path)
    with pytest.raises(InputError, match="node '1' is joined to itself"):
        read_graphml(path)
    path.write_text("<graphml")
    with pytest.raises(InputError, match="cannot be read as GraphML"):
        read_graphml(path)


def test_a_folder_is_read_by_name(tmp_path):
    (tmp_path / "b.edges").write_text("1 2\n")
    (tmp_path / "a.edgelist").write_text("1 2\n2 3\n\n1 2\n2 3\n3 4\n")
    nx.write_graphml(nx.star_graph(5), tmp_path / "c.graphml")
    (tmp_path / "notes.md").write_text("not a graph")
    assert [len(graph) for graph in read_graph_files(tmp_path, largest=6)] == [3, 4, 2, 6]
    with pytest.raises(InputError, match=r"c.graphml: graph 1: has 6 nodes, allowed are 1 to 5 \(`largest`\)"):
        read_graph_files(tmp_path, largest=5)


def test_nothing_to_read(tmp_path):
    with pytest.raises(InputError, match=r"holds no graph; allowed are .edges, .edgelist, .graphml"):
        read_graph_files(tmp_path, largest=5)
