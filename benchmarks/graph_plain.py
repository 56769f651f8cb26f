"""The adjacency network of GDSS as its formulas stand, dense, channel by channel, padding and all: what ours is timed with.

It holds no weights of its own: it computes with those of a `ScoreNetworkA`.

Reference: Jo, Lee and Hwang (2022), arXiv 2202.02514, section 3.2, equation 10, and appendix C.
"""

import math

import torch
from torch import Tensor

from sciml.nets.gdss import AttentionLayer, ScoreNetworkA


def plain_scores(net: ScoreNetworkA, x: Tensor, adj: Tensor, mask: Tensor) -> Tensor:
    """What `net(x, adj, mask)` returns."""
    there = mask.to(x.dtype)
    pairs = there[:, :, None] * there[:, None, :]
    power, channels = adj, [adj]
    for _ in range(net.powers - 1):
        power = power @ adj
        channels.append(power)
    matrix = torch.stack(channels, 1)
    seen = [matrix]
    for layer in net.layers:
        x, matrix = _layer(layer, x, matrix, there, pairs)
        seen.append(matrix)
    scores = net.final(torch.cat(seen, 1).permute(0, 2, 3, 1))[..., 0]
    return scores * (1 - torch.eye(adj.shape[-1])) * pairs


def _layer(layer: AttentionLayer, x: Tensor, matrix: Tensor, there: Tensor, pairs: Tensor) -> tuple[Tensor, Tensor]:
    values, attended = [], []
    for channel in range(matrix.shape[1]):
        adj = matrix[:, channel]
        weights = layer.convolutions.weight[channel].split(layer.convolutions.outputs, -1)
        biases = layer.convolutions.bias[channel].split(layer.convolutions.outputs, -1)
        q, k, v = (_convolution(x, adj, w, b) for w, b in zip(weights, biases, strict=True))
        width = q.shape[-1] // layer.heads
        queries, keys = torch.cat(q.split(width, -1)), torch.cat(k.split(width, -1))
        heads = torch.tanh(queries @ keys.transpose(1, 2) / math.sqrt(v.shape[-1]))
        mean = heads.view(layer.heads, *adj.shape).mean(0)
        attended.append((mean + mean.transpose(-1, -2)) / 2)
        values.append(v)
    x = torch.tanh(layer.nodes(torch.cat(values, -1)) * there[..., None])
    both = torch.cat([torch.stack(attended, 1), matrix], 1).permute(0, 2, 3, 1)
    made = layer.pairs(both).permute(0, 3, 1, 2)
    return x, (made + made.transpose(-1, -2)) * pairs[:, None]


def _convolution(x: Tensor, adj: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    looped = adj.clone()
    nodes = torch.arange(adj.shape[-1])
    looped[:, nodes, nodes] = 1
    scale = looped.sum(-1).clamp(min=1).pow(-0.5)
    return (scale[:, :, None] * looped * scale[:, None, :]) @ (x @ weight) + bias
