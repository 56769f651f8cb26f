"""Nodes without edges."""

import torch

from sciml.graphs.data.graph_set import GraphSet


def without_isolated(graphs: GraphSet) -> GraphSet:
    """The graphs less their nodes without edges; of a graph that has no edge, one node stays.

    The published protocol does so to generated graphs, as its models do not choose the number of nodes.
    """
    keep = (graphs.edges > 0).any(2)
    keep[:, 0] |= ~keep.any(1)
    order = (~keep).byte().argsort(dim=1, stable=True)
    rows = torch.arange(len(graphs))[:, None]
    labels = torch.where(keep, graphs.labels, 0)[rows, order]
    edges = graphs.edges[rows[:, :, None], order[:, :, None], order[:, None, :]]
    return GraphSet(labels, edges, keep.sum(1).int(), graphs.atoms)
