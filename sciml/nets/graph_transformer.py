"""A graph transformer whose edges see the paths between their ends, and whose nodes count their edges.

Nodes h_i, pairs e_ij = e_ji and one context c of the graph are updated in turn, nodes and pairs scaled and shifted by c:

    h_i <- h_i + attention over j with logits q_i k_j / sqrt(d) + b(e_ij),
    h_i <- h_i + MLP(h_i, sum_k u_ik, p_ii),
    e_ij <- e_ij + W gelu(A e_ij + B (h_i + h_j) + D p_ij) + V (h_i h_j),        p_ij = sum_k u_ik u_kj / sqrt(n),
    c <- c + P (sum_i h_i, sum_ij e_ij) / n,

c what scales and shifts: time, size and what is pooled of the graph; u linear in e. The sum over k counts edges by the kinds
that u tells apart, which a softmax over neighbours cannot: degrees and valences. The product p counts walks of two steps;
with one in each layer the network sees cycles. Every part is equivariant under permutations.

Reference: Dwivedi and Bresson (2021), arXiv 2012.09699, for attention with edges; Maron et al. (2019), arXiv 1905.11136,
section 5, for the products; Peebles and Xie (2023), arXiv 2212.09748, for the way time enters.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from sciml.nets.embedding import TimeEmbedding
from sciml.nets.initial import start_at_zero
from sciml.numerics.graph_state import PairIndex, pair_mask, size_buckets

BUCKETED = 12_000  # pairs of a batch, padding too, from which on graphs of one size are worth a pass of their own

Nodes = Float[Tensor, "batch node channel"]
Pairs = Float[Tensor, "batch pair pair_channel"]


class GraphTransformer(nn.Module):
    """Node features and adjacency in, predictions for each node and each pair out.

    Args:
        features: of the nodes.
        pair_features: of the pairs; 1 is the adjacency alone.
        node_outputs: numbers predicted for each node.
        pair_outputs: numbers predicted for each pair.
        width: channels of the nodes, a multiple of `heads`.
        pair_width: channels of the pairs.
        layers: updates of nodes and pairs.
        heads: of the attention.
        conditions: numbers a graph is conditioned on; 0 for none.
        dropout: probability of dropping an activation while training.
    """

    def __init__(
        self,
        features: int,
        pair_features: int,
        node_outputs: int,
        pair_outputs: int,
        width: int = 64,
        pair_width: int = 32,
        layers: int = 5,
        heads: int = 4,
        conditions: int = 0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"`width` must be a multiple of `heads` = {heads}, got {width}")
        self.outputs = node_outputs, pair_outputs
        self.time = TimeEmbedding(width)
        self.size = nn.Linear(1, width)
        self.condition = nn.Linear(conditions, width) if conditions else None
        self.node_in, self.pair_in = nn.Linear(features, width), nn.Linear(pair_features, pair_width)
        self.layers = nn.ModuleList([_Layer(width, pair_width, heads, dropout) for _ in range(layers)])
        self.node_out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, node_outputs))
        self.pair_out = nn.Sequential(nn.LayerNorm(pair_width), nn.Linear(pair_width, pair_outputs))
        start_at_zero(self.node_out[1])
        start_at_zero(self.pair_out[1])

    def forward(
        self,
        x: Float[Tensor, "batch node feature"],
        adj: Float[Tensor, "batch node node *pair_feature"],
        mask: Bool[Tensor, "batch node"],
        t: Float[Tensor, " batch"],
        cond: Float[Tensor, "batch condition"] | None = None,
    ) -> tuple[Float[Tensor, "batch node out"], Float[Tensor, "batch node node pair_out"]]:
        """Predictions; what they say where there is no node, or on the diagonal, means nothing."""
        n = mask.shape[1]
        buckets = list(size_buckets(mask)) if len(mask) * n * (n - 1) // 2 >= BUCKETED else []
        if len(buckets) < 2:
            return self._predicted(x, adj, mask, t, cond)
        node_outputs, pair_outputs = self.outputs
        nodes, pairs = x.new_zeros(len(mask), n, node_outputs), x.new_zeros(len(mask), n, n, pair_outputs)
        for index, width in buckets:
            some = None if cond is None else cond[index]
            seen = x[index, :width], adj[index, :width, :width], mask[index, :width], t[index]
            of_nodes, of_pairs = self._predicted(*seen, some)
            nodes[index, :width], pairs[index, :width, :width] = of_nodes.to(nodes), of_pairs.to(pairs)
        return nodes, pairs

    def _predicted(self, x: Tensor, adj: Tensor, mask: Tensor, t: Tensor, cond: Tensor | None) -> tuple[Tensor, Tensor]:
        there, index = mask[..., None].to(x), PairIndex(x.shape[1], x.device)
        pairs = index.gather(pair_mask(mask)[..., None]).to(x)
        n = there.sum(1)
        context = self.time(t) + self.size(n.log())
        if self.condition is not None:  # no condition is one of zeros, as in training
            context = context + (self.condition.bias if cond is None else self.condition(cond))
        h, e = self.node_in(x) * there, self.pair_in(index.gather(adj if adj.ndim == 4 else adj[..., None])) * pairs
        scale = n.rsqrt()[:, :, None]
        for layer in self.layers:
            h, e, context = layer(h, e, context, there, pairs, scale, index)
        return self.node_out(h), index.scatter(self.pair_out(e))


class _Layer(nn.Module):
    """One update of nodes and pairs; see the module."""

    def __init__(self, width: int, pair_width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.modulation = nn.Linear(width, 4 * width + 2 * pair_width)
        start_at_zero(self.modulation)
        self.split = (width, width, width, width, pair_width, pair_width)
        self.qkv, self.mixed = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.bias = nn.Linear(pair_width, heads, bias=False)
        self.mlp = nn.Sequential(nn.Linear(width + 2 * pair_width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.walk = nn.Linear(pair_width, pair_width, bias=False)
        self.from_pair = nn.Linear(2 * pair_width, 2 * pair_width)
        self.from_sum = nn.Linear(width, 2 * pair_width, bias=False)
        self.from_product = nn.Linear(width, pair_width, bias=False)
        self.to_pair = nn.Linear(3 * pair_width, pair_width)
        start_at_zero(self.mixed)
        start_at_zero(self.mlp[2])
        self.pool = nn.Linear(width + pair_width, width)
        start_at_zero(self.to_pair)
        start_at_zero(self.pool)

    def forward(
        self, h: Nodes, e: Pairs, context: Tensor, there: Tensor, pairs: Tensor, scale: Tensor, index: PairIndex
    ) -> tuple[Nodes, Pairs, Tensor]:
        a1, b1, a2, b2, a3, b3 = self.modulation(context)[:, None].split(self.split, dim=-1)
        f = F.layer_norm(e, e.shape[-1:]) * (1 + a3) + b3
        u = index.scatter(self.walk(f) * pairs).permute(0, 3, 1, 2)
        walks = (u @ u).permute(0, 2, 3, 1) * scale[..., None]
        h = h + self._attend(F.layer_norm(h, h.shape[-1:]) * (1 + a1) + b1, f, there, index)
        counts = [u.sum(-1).transpose(1, 2) * scale, walks.diagonal(dim1=1, dim2=2).transpose(1, 2)]
        fed = self.mlp(torch.cat([F.layer_norm(h, h.shape[-1:]) * (1 + a2) + b2, *counts], -1))
        h = (h + F.dropout(fed, self.dropout, self.training)) * there
        e = (e + self._pair(h, f, index.gather(walks), index)) * pairs
        pooled = torch.cat([h.sum(1), F.layer_norm(e, e.shape[-1:]).mul(pairs).sum(1)], -1) * scale[:, 0] ** 2
        return h, e, context + self.pool(pooled)

    def _attend(self, a: Nodes, f: Pairs, there: Tensor, index: PairIndex) -> Nodes:
        q, k, v = self.qkv(a).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        absent = (1 - there[:, None, None, :, 0]) * -1e4
        bias = index.scatter(self.bias(f)).permute(0, 3, 1, 2) + absent
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return self.mixed(mixed.transpose(1, 2).flatten(2))

    def _pair(self, h: Nodes, f: Pairs, walks: Pairs, index: PairIndex) -> Pairs:
        s, p = self.from_sum(h), self.from_product(h)
        first, second = (both.split((s.shape[-1], p.shape[-1]), -1) for both in _ends(torch.cat([s, p], -1), index))
        seen = F.gelu(self.from_pair(torch.cat([f, walks], -1)) + first[0] + second[0])
        met = first[1] * second[1] / math.sqrt(p.shape[-1])
        return F.dropout(self.to_pair(torch.cat([seen, met], -1)), self.dropout, self.training)


def _ends(h: Nodes, index: PairIndex) -> tuple[Tensor, Tensor]:
    return h.index_select(1, index.rows), h.index_select(1, index.columns)
