"""From sets of graphs to states of the diffusion and back: categories as codes.

Nodes of molecules have their element as category; those of other graphs their degree, if degrees are told apart: a solver
generates it with the adjacency, and it is dropped in the end. Codes are one-hot vectors of nodes and 0, 1, 2, 3 of pairs,
plain or standardised: less their mean over the data, over one deviation for all nodes and one for all pairs.
"""

import torch
from jaxtyping import Bool
from torch import Tensor, nn

from sciml.denoisers.graph import Categories
from sciml.graphs.data.graph_set import GraphSet
from sciml.numerics.graph_state import GraphState, pair_mask
from sciml.processes.graph import GraphMoments


class GraphRepresentation(nn.Module):
    """Codes of categories, fitted to data.

    Args:
        atoms: elements of molecules; none for other graphs.
        node_categories: elements, or degrees, the last for more.
        pair_categories: none, and kinds of edges.
    """

    def __init__(self, atoms: tuple[str, ...], node_categories: int, pair_categories: int) -> None:
        super().__init__()
        self.atoms = atoms
        self.nodes = Categories(torch.eye(node_categories))
        self.pairs = Categories(torch.arange(float(pair_categories))[:, None])

    def fit(self, graphs: GraphSet, *, standardise: bool) -> None:
        """Count the shares of the categories, and standardise the codes if asked to."""
        nodes, pairs = self.categories(graphs)
        for part, seen in ((self.nodes, nodes[graphs.mask]), (self.pairs, pairs[pair_mask(graphs.mask).triu()])):
            counts = torch.bincount(seen.long(), minlength=len(part.codes)).double()
            share = counts / counts.sum()
            part.shares.copy_((counts + 1) / (counts + 1).sum())  # what was never seen is rare, not impossible
            if standardise:
                mean = share @ part.codes.double()
                variance = (share @ (part.codes.double() - mean) ** 2).mean()
                part.codes.copy_((part.codes.double() - mean) / variance.sqrt().clamp(min=1e-3))

    def categories(self, graphs: GraphSet) -> tuple[Tensor, Tensor]:
        """Categories of nodes and of pairs, as small integers."""
        if graphs.molecules:
            return graphs.labels, graphs.edges
        degrees = (graphs.edges > 0).sum(-1).clamp(max=len(self.nodes.codes) - 1)
        return degrees.to(torch.int16), graphs.edges

    def encode(self, graphs: GraphSet) -> GraphState:
        """The clean states of some graphs."""
        nodes, pairs = self.categories(graphs)
        mask = graphs.mask.to(self.nodes.codes.device)
        x = self.nodes.codes[nodes.long().to(mask.device)] * mask[..., None]
        return GraphState(x, self.pairs.codes[pairs.long().to(mask.device), 0] * pair_mask(mask), mask)

    def decode(self, state: GraphState) -> GraphSet:
        """The graphs whose codes are nearest: with plain codes edges are told at 1/2, bond orders at 1/2, 3/2, 5/2."""
        nodes = torch.cdist(state.x, self.nodes.codes.to(state.x)).argmin(-1) * state.mask
        pairs = (state.adj[..., None] - self.pairs.codes[:, 0].to(state.adj)).abs().argmin(-1) * pair_mask(state.mask)
        labels = nodes if self.atoms else torch.zeros_like(nodes)
        return GraphSet(
            labels.to("cpu", torch.uint8),
            pairs.to("cpu", torch.uint8),
            state.mask.sum(1).to("cpu", torch.int32),
            self.atoms,
        )

    def blank(self, mask: Bool[Tensor, "batch node"]) -> GraphState:
        """A state of zeros."""
        zeros = self.nodes.codes.new_zeros
        return GraphState(zeros(*mask.shape, self.nodes.codes.shape[1]), zeros(*mask.shape, mask.shape[1]), mask)

    def moments(self, graphs: GraphSet) -> GraphMoments:
        """Of the codes, over the nodes and pairs of some graphs."""
        state = self.encode(graphs)
        x, adj = state.x[state.mask].double(), state.adj[pair_mask(state.mask)].double()
        variances = tuple(x.var(0, correction=0).tolist())
        return GraphMoments(tuple(x.mean(0).tolist()), variances, adj.mean().item(), adj.var(correction=0).item())
