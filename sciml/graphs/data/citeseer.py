"""ego_small: the neighbourhoods of the papers in the CiteSeer citation network.

Planetoid's file is a pickle, which can run any code when it is read. It is read by an unpickler that knows two names, those
of a dictionary of lists, and refuses a file that asks for another.

Reference: Yang et al. (2016), Planetoid, arXiv 1603.08861; Jo, Lee and Hwang (2022), arXiv 2202.02514, appendix C.1.
"""

import pickle
from collections import defaultdict
from pathlib import Path
from typing import Any

import networkx as nx

from sciml.io.errors import InputError
from sciml.io.torch_file import UNREADABLE

NODES = (4, 18)
GRAPHS = 200
_ALLOWED = {("collections", "defaultdict"): defaultdict, ("__builtin__", "list"): list, ("builtins", "list"): list}


class _PlainUnpickler(pickle._Unpickler):
    """Python's own, since that in C sets aside as much memory as a number in the file asks for."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"asks for {module}.{name}, allowed are collections.defaultdict and list")
        return _ALLOWED[module, name]


def citation_graph(path: str | Path) -> nx.Graph:
    """The undirected graph in one of Planetoid's `ind.NAME.graph`, a pickled dictionary of lists of neighbours.

    Raises:
        InputError: no such file, a damaged one, one that asks for code, or one that holds something else.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            neighbours = _PlainUnpickler(file, encoding="latin1").load()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UNREADABLE as error:
        raise InputError(f"{path}: cannot be read as a dictionary of lists ({error})") from error
    whole = isinstance(neighbours, dict) and all(isinstance(near, list) for near in neighbours.values())
    if not (whole and all(type(i) is int for node, near in neighbours.items() for i in (node, *near))):
        raise InputError(f"{path}: must be a dictionary from a node to the list of its neighbours, as integers")
    return nx.from_dict_of_lists(neighbours)


def ego_small(graph: nx.Graph) -> list[nx.Graph]:
    """The first 200 neighbourhoods of radius 1 with 4 to 18 nodes, by order of the nodes of the largest component."""
    whole = graph.subgraph(max(nx.connected_components(graph), key=len))
    egos = []
    for node in whole:
        ego = nx.ego_graph(whole, node, radius=1)
        if NODES[0] <= ego.number_of_nodes() <= NODES[1]:
            ego.remove_edges_from(list(nx.selfloop_edges(ego)))
            egos.append(ego)
        if len(egos) == GRAPHS:
            break
    return egos
