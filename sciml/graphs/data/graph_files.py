"""Graphs from GraphML files and edge lists.

A GraphML file may hold several graphs. One whose nodes all have an attribute `graph` is split by it: so
`sciml sample --export` writes many graphs as one.

An edge list has one edge a line, the names of two nodes with a blank between; a line with one name is a node without edges,
an empty line ends a graph, and what follows a # is a comment. Each graph has names of its own.

Weights, labels and repeated edges make no difference; directed graphs and loops are errors.
"""

from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import ParseError

import networkx as nx

from sciml.io.errors import InputError

_HEADER = b'<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'


def read_edge_list(path: Path) -> list[nx.Graph]:
    """The graphs of one file.

    Raises:
        InputError: by line: more than two names, or an edge from a node to itself.
    """
    graphs: list[nx.Graph] = []
    graph = nx.Graph()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    for number, line in enumerate(lines, start=1):
        names = line.split("#")[0].split()
        if len(names) > 2 or (len(names) == 2 and names[0] == names[1]):
            allowed = "one name, or two different names with a blank between"
            raise InputError(f"{path}: line {number}: must hold {allowed}, got {line.strip()!r}")
        if len(names) == 2:
            graph.add_edge(*names)
        elif names:
            graph.add_node(names[0])
        elif not line.strip() and graph:
            graphs.append(graph)
            graph = nx.Graph()
    return [*graphs, graph] if graph else graphs


def read_graphml(path: Path) -> list[nx.Graph]:
    """The graphs of a file, in their order.

    Raises:
        InputError: unreadable, directed, with an edge from a node to itself; or with an attribute `graph` that some nodes
            lack or that differs between the ends of an edge.
    """
    try:
        content = path.read_bytes()
        elements = list(nx.GraphMLReader()(string=content))
        if not elements:  # written without a namespace
            elements = list(nx.GraphMLReader()(string=content.replace(b"<graphml>", _HEADER)))
    except (OSError, ParseError, nx.NetworkXError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: cannot be read as GraphML ({type(error).__name__}: {error})") from error
    return [part for graph in elements for part in _split(graph, path)]


def _split(graph: nx.Graph, path: Path) -> list[nx.Graph]:
    if graph.is_directed():
        raise InputError(f"{path}: the graph is directed; its `edgedefault` must be undirected")
    for node in nx.nodes_with_selfloops(graph):
        raise InputError(f"{path}: node {node!r} is joined to itself; an edge joins two different nodes")
    owner = dict(graph.nodes(data="graph"))
    parts: dict[object, nx.Graph] = {}
    for node, number in owner.items():
        parts.setdefault(number, nx.Graph()).add_node(node)
    if None in parts and len(parts) > 1:
        node = next(iter(parts[None]))
        raise InputError(f"{path}: node {node!r} has no attribute `graph`, by which other nodes are told apart")
    for i, j in graph.edges():
        if owner[i] != owner[j]:
            raise InputError(f"{path}: nodes {i!r} and {j!r} are joined but of different graphs (attribute `graph`)")
        parts[owner[i]].add_edge(i, j)
    return list(parts.values()) or [nx.Graph()]


READERS: dict[str, Callable[[Path], list[nx.Graph]]] = {
    ".edges": read_edge_list,
    ".edgelist": read_edge_list,
    ".graphml": read_graphml,
}


def read_graph_files(path: Path, *, largest: int) -> list[nx.Graph]:
    """The graphs of a file, or of all files of a folder with a known ending, by name.

    Args:
        largest: most nodes allowed.

    Raises:
        InputError: as `read_edge_list` and `read_graphml`; no graph at all, or one with more nodes, by file and number.
    """
    files = sorted(file for file in path.iterdir() if file.suffix in READERS) if path.is_dir() else [path]
    graphs = []
    for file in files:
        for number, graph in enumerate(READERS[file.suffix](file), start=1):
            check_size(graph.number_of_nodes(), f"{file}: graph {number}", largest)
            graphs.append(graph)
    if not graphs:
        raise InputError(f"{path}: holds no graph; allowed are {', '.join(READERS)}, a folder of such, or a TU folder")
    return graphs


def check_size(nodes: int, where: str, largest: int) -> None:
    """Raises InputError unless there are 1 to `largest` nodes."""
    if not 0 < nodes <= largest:
        raise InputError(f"{where}: has {nodes} nodes, allowed are 1 to {largest} (`largest`)")
