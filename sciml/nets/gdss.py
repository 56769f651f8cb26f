"""The score networks of GDSS: graph convolutions, and graph multi-head attention over powers of the adjacency.

A dense graph convolution is L(A) X W + b with L = D^(-1/2) (A + I) D^(-1/2), the diagonal of A + I set to 1 and degrees at
least 1. A layer of attention turns nodes X and channels A_c of pairs into

    [Q_c, K_c, V_c] = convolutions of X over A_c,      S_c = mean over heads of tanh(Q_c K_c^T / sqrt(d)), made symmetric,
    X <- tanh(MLP(V_1, ..., V_C)),      A <- 2 MLP(S_1, ..., S_C, A_1, ..., A_C), pair by pair,

and the score of the adjacency is an MLP of all channels of all layers, whose first are A, A^2, .... The networks take no
time: they are told neither t nor how much noise there is.

What is computed equals the published formulas, but only where it counts: all channels at once, L(A) X before W and without
forming L, the MLPs over pairs i < j of nodes that are there, graphs of about one size together; and tanh(x) as
2 sigmoid(2 x) - 1, many times as fast on a processor. Entries on the diagonal never reach a result.

Reference: Jo, Lee and Hwang (2022), arXiv 2202.02514, section 3.2, equations 9 and 10, and appendix C; Baek, Kang and Hwang
(2021), arXiv 2102.11533, equation 6, for the attention.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from sciml.numerics.graph_state import pair_mask, size_buckets

Nodes = Float[Tensor, "batch node feature"]
Adjacency = Float[Tensor, "batch node node"]
Channels = Float[Tensor, "channel batch node node"]
Features = Float[Tensor, "channel batch node feature"]
Entries = Float[Tensor, "channel pair"]
Mask = Bool[Tensor, "batch node"]


class ScoreNetworkX(nn.Module):
    """Scores of the nodes: convolutions, each after the other, and an MLP of them all.

    Args:
        features: of a node.
        depth: convolutions.
        hidden: channels of a convolution.
    """

    def __init__(self, features: int, depth: int, hidden: int) -> None:
        super().__init__()
        sizes = [features] + [hidden] * depth
        self.layers = nn.ModuleList([Convolutions(1, a, (b,)) for a, b in pairwise(sizes)])
        total = sum(sizes)
        self.final = mlp(total, 2 * total, features, 3)

    def forward(self, x: Nodes, adj: Adjacency, mask: Mask) -> Nodes:
        out = torch.zeros_like(x)
        for index, n in size_buckets(mask):
            h, weights = x[index, :n], normalised(adj[index, :n, :n])
            seen = [h]
            for layer in self.layers:  # in this order the float32 sums are those of the published code, to the bit
                weight, bias = layer.get_parameter("weight")[0], layer.get_parameter("bias")[0]
                h = torch.tanh(weights @ (h @ weight) + bias)
                seen.append(h)
            out[index, :n] = self.final(torch.cat(seen, -1)).to(out)  # which autocast may have in bf16
        return out * mask[..., None]


class ScoreNetworkXGMH(nn.Module):
    """Scores of the nodes by layers of attention.

    Args:
        features: of a node.
        depth: layers.
        hidden: channels of a node, and of the queries of the first layer.
        attention: channels of the queries of the others.
        channels: of the pairs: powers of the adjacency, within, after the last layer.
        linears: linear maps in the MLPs over pairs.
        heads: of the attention.
    """

    def __init__(
        self, features: int, depth: int, hidden: int, attention: int, channels: Sequence[int], linears: int, heads: int
    ) -> None:
        super().__init__()
        self.powers = channels[0]
        self.layers = attention_layers(features, depth, hidden, attention, channels, linears, heads)
        total = features + depth * hidden
        self.final = mlp(total, 2 * total, features, 3)

    def forward(self, x: Nodes, adj: Adjacency, mask: Mask) -> Nodes:
        out = torch.zeros_like(x)
        for index, n in size_buckets(mask):
            h, pairs = x[index, :n], ValidPairs(mask[index, :n])
            entries, seen = pairs.gather(powers(adj[index, :n, :n], self.powers)), [h]
            for layer in self.layers:
                h, entries = layer(h, entries, pairs)
                h = torch.tanh(h)
                seen.append(h)
            out[index, :n] = self.final(torch.cat(seen, -1)).to(out)  # which autocast may have in bf16
        return out * mask[..., None]


class ScoreNetworkA(nn.Module):
    """Scores of the adjacency by layers of attention; arguments as of `ScoreNetworkXGMH`."""

    def __init__(
        self, features: int, depth: int, hidden: int, attention: int, channels: Sequence[int], linears: int, heads: int
    ) -> None:
        super().__init__()
        self.powers = channels[0]
        self.layers = attention_layers(features, depth, hidden, attention, channels, linears, heads)
        total = channels[0] + channels[1] * (depth - 1) + channels[2]
        self.final = mlp(total, 2 * total, 1, 3)

    def forward(self, x: Nodes, adj: Adjacency, mask: Mask) -> Adjacency:
        out = torch.zeros_like(adj)
        for index, n in size_buckets(mask):
            h, pairs = x[index, :n], ValidPairs(mask[index, :n])
            seen = [pairs.gather(powers(adj[index, :n, :n], self.powers))]
            for layer in self.layers:
                h, entries = layer(h, seen[-1], pairs)
                seen.append(entries)
            out[index, :n, :n] = pairs.scatter(self.final(torch.cat(seen).T).T)[0].to(out)
        return out


class ValidPairs:
    """The pairs i < j of nodes that are there, over all graphs of a batch.

    Args:
        mask: which nodes there are.
    """

    def __init__(self, mask: Mask) -> None:
        self.mask, (self.graphs, self.nodes) = mask, mask.shape
        graph, i, j = pair_mask(mask).triu().nonzero(as_tuple=True)
        self.above = (graph * self.nodes + i) * self.nodes + j
        self.below = (graph * self.nodes + j) * self.nodes + i

    def gather(self, dense: Channels) -> Entries:
        """The entries of each pair."""
        return dense.flatten(1).index_select(1, self.above)

    def gather_mean(self, dense: Channels) -> Entries:
        """The means of the entries of each pair and of its mirror image."""
        flat = dense.flatten(1)
        return (flat.index_select(1, self.above) + flat.index_select(1, self.below)) / 2

    def scatter(self, entries: Entries, diagonal: float = 0.0) -> Channels:
        """The symmetric matrices with these entries, `diagonal` on all of the diagonal, 0 elsewhere."""
        shape = (self.graphs, self.nodes, self.nodes)
        dense = entries.new_zeros(len(entries), math.prod(shape))
        dense.unflatten(1, shape).diagonal(dim1=-2, dim2=-1).fill_(diagonal)
        return dense.index_copy_(1, self.above, entries).index_copy_(1, self.below, entries).unflatten(1, shape)


class Convolutions(nn.Module):
    """Several graph convolutions for each of several channels of the adjacency.

    Args:
        channels: of the adjacency.
        inputs: features of a node.
        outputs: features that each convolution makes of them.
    """

    def __init__(self, channels: int, inputs: int, outputs: Sequence[int]) -> None:
        super().__init__()
        self.outputs = tuple(outputs)
        self.weight = nn.Parameter(torch.empty(channels, inputs, sum(outputs)))
        self.bias = nn.Parameter(torch.zeros(channels, 1, sum(outputs)))
        for part in self.weight.data.split(self.outputs, -1):
            bound = math.sqrt(6 / (inputs + part.shape[-1]))
            part.uniform_(-bound, bound)

    def forward(self, x: Nodes, looped: Channels) -> Float[Tensor, "channel batch node out"]:
        """The outputs of each convolution after those of the one before; `looped` is A + I, its diagonal 1."""
        return torch.baddbmm(self.bias, carried(x, looped).flatten(1, 2), self.weight).unflatten(1, x.shape[:2])


class AttentionLayer(nn.Module):
    """One layer; see the module.

    Args:
        inputs: features of a node.
        attention: channels of queries and keys, a multiple of `heads`.
        outputs: features of a node afterwards.
        channels_in: of the pairs.
        channels_out: of the pairs afterwards.
        linears: linear maps in the MLP over pairs.
        heads: of the attention.
    """

    def __init__(
        self, inputs: int, attention: int, outputs: int, channels_in: int, channels_out: int, linears: int, heads: int
    ) -> None:
        super().__init__()
        self.heads, self.scale = heads, 1 / math.sqrt(outputs)
        self.convolutions = Convolutions(channels_in, inputs, (attention, attention, outputs))
        hidden = 2 * max(channels_in, channels_out)
        self.pairs = mlp(2 * channels_in, hidden, channels_out, linears)
        self.nodes = mlp(channels_in * outputs, hidden, outputs, 2)

    def forward(
        self, x: Nodes, entries: Entries, pairs: ValidPairs
    ) -> tuple[Float[Tensor, "batch node out"], Float[Tensor, "channel_out pair"]]:
        q, k, v = self.convolutions(x, pairs.scatter(entries, diagonal=1.0)).split(self.convolutions.outputs, -1)
        x = torch.tanh(self.nodes(v.movedim(0, 2).flatten(2)) * pairs.mask[..., None])
        both = torch.cat([pairs.gather_mean(attended(q, k, self.heads, self.scale)), entries])
        return x, 2 * self.pairs(both.T).T


def attention_layers(
    features: int, depth: int, hidden: int, attention: int, channels: Sequence[int], linears: int, heads: int
) -> nn.ModuleList:
    """The layers of a network; arguments as of `ScoreNetworkXGMH`."""
    first, within, last = channels
    nodes, pairs = [features] + [hidden] * depth, [first] + [within] * (depth - 1) + [last]
    queries = [hidden] + [attention] * (depth - 1)
    return nn.ModuleList(
        [AttentionLayer(nodes[k], queries[k], nodes[k + 1], pairs[k], pairs[k + 1], linears, heads) for k in range(depth)]
    )


def normalised(adj: Adjacency) -> Adjacency:
    """D^(-1/2) (A + I) D^(-1/2), the diagonal of A + I set to 1, its degrees D at least 1."""
    looped = adj.masked_fill(torch.eye(adj.shape[-1], dtype=torch.bool, device=adj.device), 1.0)
    scale = looped.sum(-1, keepdim=True).clamp(min=1) ** -0.5
    return scale * looped * scale.mT


def carried(x: Nodes, looped: Channels) -> Features:
    """D^(-1/2) (A + I) D^(-1/2) X, the degrees D of `looped`, A + I, at least 1."""
    scale = looped.sum(-1, keepdim=True).clamp(min=1).rsqrt()
    return scale * (looped @ (scale * x))


def attended(q: Features, k: Features, heads: int, scale: float) -> Channels:
    """The mean over heads of tanh(scale Q K^T)."""
    queries, keys = (part.unflatten(-1, (heads, -1)).transpose(2, 3) for part in (q * (2 * scale), k))
    doubled = queries @ keys.transpose(-1, -2)
    # sigmoid is near 1/2 where tanh is near 0: bf16, which autocast may have, would leave little of the difference
    precise = doubled.to(torch.promote_types(doubled.dtype, torch.float32))
    return precise.sigmoid_().mean(2).sub_(0.5).mul_(2)


def powers(adj: Adjacency, count: int) -> Channels:
    """A, A^2, ..., as channels."""
    found = [adj]
    for _ in range(count - 1):
        found.append(found[-1] @ adj)
    return torch.stack(found)


def mlp(inputs: int, hidden: int, outputs: int, linears: int) -> nn.Sequential:
    """Linear maps with ELU between them."""
    sizes = [inputs] + [hidden] * (linears - 1) + [outputs]
    layers: list[nn.Module] = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), nn.ELU(inplace=True)]
    return nn.Sequential(*layers[:-1])
