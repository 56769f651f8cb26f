"""Graphs from a folder in the format of TU Dortmund: all edges in one file, the graph of each node in another.

    NAME_A.txt                 one line an edge, `i, j`, nodes numbered from 1; both directions, or one
    NAME_graph_indicator.txt   one line a node: the number of its graph, from 1

Labels and attributes of nodes and edges are left out.

Reference: Morris et al. (2020), TUDataset, arXiv 2007.08663.
"""

from pathlib import Path

import networkx as nx
import numpy as np
from jaxtyping import Int64
from numpy.typing import NDArray

from sciml.io.errors import InputError

ENZYMES_NODES = (10, 1000)


def is_tu_folder(path: str | Path) -> bool:
    """Whether there is one file of edges and one of graphs in the folder."""
    path = Path(path)
    return len(list(path.glob("*_A.txt"))) == 1 and len(list(path.glob("*_graph_indicator.txt"))) == 1


def read_tu_folder(path: str | Path) -> list[nx.Graph]:
    """The graphs of a folder, by their numbers; loops are an error, isolated nodes stay.

    Raises:
        InputError: a file that is missing or holds something else; an edge of an unknown node, between two graphs or from
            a node to itself; by file and line.
    """
    path = Path(path)
    if not is_tu_folder(path):
        raise InputError(f"{path}: must hold one file NAME_A.txt and one NAME_graph_indicator.txt")
    edge_file, node_file = next(path.glob("*_A.txt")), next(path.glob("*_graph_indicator.txt"))
    edges, owner = _integers(edge_file, 2), _integers(node_file, 1)[:, 0]
    _refuse(node_file, np.less(owner, 1), owner, "a graph has a number of at least 1")
    _refuse(edge_file, np.any((edges < 1) | (edges > len(owner)), axis=1), edges, f"there are the nodes 1 to {len(owner)}")
    _refuse(edge_file, np.equal(*edges.T), edges, "an edge joins two different nodes")
    ends = owner[edges - 1]
    _refuse(edge_file, np.not_equal(*ends.T), edges, "both nodes of an edge are of one graph")
    graphs = {int(number): nx.Graph() for number in np.unique(owner)}
    for node, number in enumerate(owner.tolist(), start=1):
        graphs[number].add_node(node)
    for (i, j), number in zip(edges.tolist(), ends[:, 0].tolist(), strict=True):
        graphs[number].add_edge(i, j)
    return [graphs[number] for number in sorted(graphs)]


def enzymes(graphs: list[nx.Graph]) -> list[nx.Graph]:
    """Those of at least 10 nodes, without their isolated nodes, as in the paper: 587 of 600, of at most 125 nodes.

    Reference: Jo, Lee and Hwang (2022), arXiv 2202.02514, appendix C.1.
    """
    kept = []
    for graph in graphs:
        joined = graph.subgraph(node for node, degree in graph.degree if degree)
        if ENZYMES_NODES[0] <= joined.number_of_nodes() <= ENZYMES_NODES[1]:
            kept.append(nx.Graph(joined))
    return kept


def _integers(path: Path, columns: int) -> Int64[np.ndarray, "line column"]:
    rows: list[list[np.int64]] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    for number, line in enumerate(lines, start=1):
        try:
            rows.append([np.int64(int(word)) for word in line.split(",")])
        except (ValueError, OverflowError):
            rows.append([])
        if len(rows[-1]) != columns:
            raise InputError(f"{path}: line {number}: must hold {columns} integers below 2^63, got {line.strip()!r}")
    if not rows:
        raise InputError(f"{path}: is empty, each line must hold {columns} integers")
    return np.array(rows, dtype=np.int64)


def _refuse(path: Path, faulty: NDArray[np.bool_] | np.bool_, values: np.ndarray, allowed: str) -> None:
    if faulty.any():
        line = int(faulty.argmax())
        raise InputError(f"{path}: line {line + 1}: {allowed}, got {', '.join(map(str, np.atleast_1d(values[line])))}")
