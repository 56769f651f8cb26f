"""A number of a whole graph, and how sure the network is of it: a graph transformer, pooled.

    pooled = (mean_i of node outputs, sum_{i<j} of pair outputs / n),        (mu, r) = MLP(pooled)

over the n nodes that are there and their pairs, which is invariant under permutations; each graph is seen by itself.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from sciml.nets.graph_transformer import GraphTransformer
from sciml.nets.initial import start_at_zero
from sciml.numerics.graph_state import pair_mask


class GraphPredictor(nn.Module):
    """Features of nodes and pairs in, two numbers for each graph out; untrained it says 0 and 0.

    Args:
        features: of the nodes.
        pair_features: of the pairs.
        width: channels of the nodes, a multiple of `heads`.
        pair_width: channels of the pairs.
        layers: updates of nodes and pairs.
        heads: of the attention.
        dropout: probability of dropping an activation while training.
    """

    def __init__(
        self,
        features: int,
        pair_features: int,
        width: int = 32,
        pair_width: int = 16,
        layers: int = 3,
        heads: int = 4,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.trunk = GraphTransformer(
            features, pair_features, width, pair_width, width, pair_width, layers, heads, dropout=dropout
        )
        self.head = nn.Sequential(nn.Linear(width + pair_width, width), nn.GELU(), nn.Linear(width, 2))
        start_at_zero(self.head[2])

    def forward(
        self,
        x: Float[Tensor, "batch node feature"],
        adj: Float[Tensor, "batch node node pair_feature"],
        mask: Bool[Tensor, "batch node"],
        t: Float[Tensor, " batch"],
    ) -> Float[Tensor, "batch 2"]:
        """mu and r."""
        nodes, pairs = self.trunk(x, adj, mask, t)
        n = mask.sum(1, keepdim=True).clamp(min=1)
        of_nodes = (nodes * mask[..., None]).sum(1) / n
        of_pairs = (pairs * pair_mask(mask)[..., None]).sum((1, 2)) / (2 * n)
        return self.head(torch.cat([of_nodes, of_pairs], -1))
