"""Sets of graphs in memory: categories of nodes and edges, padded to the largest graph."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import networkx as nx
import numpy as np
import torch
from jaxtyping import Int32, UInt8
from torch import Tensor

from sciml.io.errors import InputError


@dataclass(frozen=True)
class GraphSet:
    """Simple undirected graphs; molecules are graphs whose nodes are atoms and whose edges have a bond order.

    Args:
        labels: category of each node: an index into `atoms` for a molecule, 0 else; 0 where padded.
        edges: category of each edge: 0 for none, 1 for an edge or a single bond, 2 and 3 for double and triple bonds;
            symmetric, the diagonal 0.
        sizes: nodes of each graph; they come first.
        atoms: element symbols that the labels stand for; none for graphs that are no molecules.
    """

    labels: UInt8[Tensor, "graph node"]
    edges: UInt8[Tensor, "graph node node"]
    sizes: Int32[Tensor, " graph"]
    atoms: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def mask(self) -> Tensor:
        """Which nodes there are, (graph, node)."""
        return torch.arange(self.labels.shape[1]) < self.sizes[:, None].long()

    @property
    def molecules(self) -> bool:
        """Whether the graphs are molecules."""
        return bool(self.atoms)

    def take(self, index: Tensor | slice) -> "GraphSet":
        """Some of the graphs."""
        return replace(self, labels=self.labels[index], edges=self.edges[index], sizes=self.sizes[index])

    def to_networkx(self) -> list[nx.Graph]:
        """As networkx graphs, with node attribute `label` and edge attribute `order`."""
        return [_to_networkx(*arrays) for arrays in zip(self.labels, self.edges, self.sizes, strict=True)]


def graph_set(graphs: Sequence[nx.Graph]) -> GraphSet:
    """A set of unlabelled graphs; loops, directions and weights are none of ours.

    Raises:
        InputError: a graph without nodes, or a directed one, by its index.
    """
    for index, graph in enumerate(graphs):
        if graph.number_of_nodes() == 0 or graph.is_directed():
            raise InputError(f"graph {index}: must be undirected and have a node, got {graph}")
    largest = max((graph.number_of_nodes() for graph in graphs), default=1)
    edges = np.zeros((len(graphs), largest, largest), dtype=np.uint8)
    for target, graph in zip(edges, graphs, strict=True):
        n = graph.number_of_nodes()
        target[:n, :n] = nx.to_numpy_array(graph, weight=None) != 0
        np.fill_diagonal(target, 0)
    sizes = torch.tensor([graph.number_of_nodes() for graph in graphs], dtype=torch.int32)
    return GraphSet(torch.zeros(edges.shape[:2], dtype=torch.uint8), torch.from_numpy(edges), sizes)


def _to_networkx(labels: Tensor, edges: Tensor, size: Tensor) -> nx.Graph:
    n = int(size)
    graph = nx.Graph()
    graph.add_nodes_from((i, {"label": int(label)}) for i, label in enumerate(labels[:n]))
    for i, j in edges[:n, :n].triu(1).nonzero().tolist():
        graph.add_edge(i, j, order=int(edges[i, j]))
    return graph
