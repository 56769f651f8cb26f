"""Folders in the TU format."""

import networkx as nx
import pytest

from sciml.graphs.data.tu_folder import enzymes, is_tu_folder, read_tu_folder
from sciml.io.errors import InputError


@pytest.fixture
def folder(tmp_path):
    """A triangle with a node beside it, and a path whose nodes are numbered between."""

    def write(edges="1, 2\n2, 1\n2, 4\n1, 4\n3, 5\n", owners="1\n1\n2\n1\n2\n1\n"):
        (tmp_path / "X_A.txt").write_text(edges)
        (tmp_path / "X_graph_indicator.txt").write_text(owners)
        return tmp_path

    return write


def test_reads_graphs_by_their_numbers(folder):
    first, second = read_tu_folder(folder())
    assert set(first) == {1, 2, 4, 6} and sorted(map(sorted, first.edges)) == [[1, 2], [1, 4], [2, 4]]
    assert set(second) == {3, 5} and list(second.edges) == [(3, 5)]


def test_is_one_only_with_both_files(folder, tmp_path):
    assert not is_tu_folder(tmp_path)
    with pytest.raises(InputError, match="must hold one file NAME_A.txt"):
        read_tu_folder(tmp_path)
    assert is_tu_folder(folder())


@pytest.mark.parametrize(
    ("edges", "owners", "message"),
    [
        ("1, 2\n2, 9\n", "1\n1\n", r"X_A.txt: line 2: there are the nodes 1 to 2, got 2, 9"),
        ("1, 1\n", "1\n1\n", r"X_A.txt: line 1: an edge joins two different nodes, got 1, 1"),
        ("1, 2\n2, 3\n", "1\n1\n2\n", r"X_A.txt: line 2: both nodes of an edge are of one graph, got 2, 3"),
        ("1, 2\n", "1\n0\n", r"indicator.txt: line 2: a graph has a number of at least 1, got 0"),
        ("1, a\n", "1\n1\n", r"X_A.txt: line 1: must hold 2 integers below 2\^63, got '1, a'"),
        ("1, 2\n\n", "1\n1\n", r"X_A.txt: line 2: must hold 2 integers below 2\^63, got ''"),
        ("1, 9223372036854775808\n", "1\n1\n", r"X_A.txt: line 1: must hold 2 integers below 2\^63, got '1, 922"),
        ("1, 2\n", "1\n99999999999999999999\n", r"indicator.txt: line 2: must hold 1 integers below 2\^63, got '999"),
        ("", "1\n1\n", r"X_A.txt: is empty"),
        ("1, 2, 3\n", "1\n1\n", r"X_A.txt: line 1: must hold 2 integers below 2\^63, got '1, 2, 3'"),
    ],
)
def test_says_what_is_wrong(folder, edges, owners, message):
    with pytest.raises(InputError, match=message):
        read_tu_folder(folder(edges, owners))


def test_a_file_that_is_no_text(folder):
    path = folder()
    (path / "X_A.txt").write_bytes(b"1, 2 \xe9\n")
    with pytest.raises(InputError, match=r"X_A.txt: cannot be read \('utf-8' codec can't decode byte 0xe9"):
        read_tu_folder(path)


def test_enzymes_leave_out_isolated_nodes_and_small_graphs():
    lonely = nx.cycle_graph(10)
    lonely.add_node(10)
    short = nx.path_graph(9)
    short.add_nodes_from((20, 21))
    (kept,) = enzymes([lonely, short])
    assert nx.utils.graphs_equal(kept, nx.cycle_graph(10))


def test_published_set(mirror):
    graphs = read_tu_folder(mirror / "graphs" / "ENZYMES")
    kept = enzymes(graphs)
    assert (len(graphs), len(kept), max(map(len, kept)), min(map(len, kept))) == (600, 587, 125, 10)
    assert sum(graph.number_of_edges() for graph in graphs) == 74564 / 2  # as TU Dortmund counts
