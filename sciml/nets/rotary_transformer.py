"""A small transformer for sequences with rotary positions, told the time and a class by scales and shifts.

Queries and keys are rotated by angles in proportion to their positions, so that attention depends on distances alone.

Reference: Su et al. (2021), arXiv 2104.09864, equation 34; Peebles and Xie (2023), arXiv 2212.09748, for scales and shifts.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor, nn

from sciml.nets.embedding import TimeEmbedding, refuse_untold
from sciml.nets.initial import start_at_zero


class RotaryTransformer(nn.Module):
    """Letters in, logits out.

    Args:
        vocabulary: values of an input letter.
        letters: logits of a position.
        width: channels; `width / heads` must be even.
        layers: of attention and perceptron.
        heads: of the attention.
        classes: that a sample can be conditioned on; class -1 is none; 0 for no condition.
        timed: whether it is told the time, which masked models do not need.
        dropout: probability of dropping an activation while training.
        positions: of aligned sequences, in which each position has a meaning of its own, learned; 0: only distances matter.
    """

    def __init__(
        self,
        vocabulary: int,
        letters: int,
        width: int = 128,
        layers: int = 4,
        heads: int = 4,
        classes: int = 0,
        timed: bool = True,
        dropout: float = 0.0,
        positions: int = 0,
    ) -> None:
        super().__init__()
        if width % (2 * heads):
            raise ValueError(f"`width` must be a multiple of 2 `heads` = {2 * heads}, got {width}")
        self.time = TimeEmbedding(width) if timed else None
        self.told = nn.Embedding(classes + 1, width) if classes else None
        self.first = nn.Linear(vocabulary, width)
        self.places = nn.Parameter(torch.randn(positions, width) / width**0.5) if positions else None
        self.layers = nn.ModuleList(_Layer(width, heads, dropout) for _ in range(layers))
        self.out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, letters))

    def forward(
        self,
        x: Float[Tensor, "batch position vocabulary"],
        t: Float[Tensor, " batch"],
        cond: Integer[Tensor, " batch"] | None = None,
    ) -> Float[Tensor, "batch position letter"]:
        h = self.first(x) if self.places is None else self.first(x) + self.places
        embedding = h.new_zeros(len(h), h.shape[-1]) if self.time is None else self.time(t)
        if self.told is None:
            refuse_untold(cond)
        else:
            embedding = embedding + self.told(torch.full(t.shape, 0, device=t.device) if cond is None else cond + 1)
        turn = rotation(h.shape[1], h.shape[-1] // self.layers[0].heads, h)
        for layer in self.layers:
            h = layer(h, embedding, turn)
        return self.out(h)


class _Layer(nn.Module):
    """Attention, then a perceptron, each scaled and shifted by the embedding; starts as the identity."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.modulation = nn.Linear(width, 4 * width)
        self.qkv, self.mixed = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        for layer in (self.modulation, self.mixed, self.mlp[2]):
            start_at_zero(layer)

    def forward(self, h: Tensor, embedding: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
        a1, b1, a2, b2 = self.modulation(embedding)[:, None].chunk(4, -1)
        q, k, v = self.qkv(_normal(h, a1, b1)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(rotated(q, *turn), rotated(k, *turn), v)
        h = h + F.dropout(self.mixed(mixed.transpose(1, 2).flatten(2)), self.dropout, self.training)
        return h + F.dropout(self.mlp(_normal(h, a2, b2)), self.dropout, self.training)


def rotation(positions: int, channels: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines (position, channel / 2) of position times 10000^(-2 k / channels)."""
    frequency = 10_000.0 ** (-torch.arange(0, channels, 2, device=like.device) / channels)
    angle = torch.arange(positions, device=like.device)[:, None] * frequency
    return angle.cos().to(like), angle.sin().to(like)


def rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Channels 2 k and 2 k + 1 turned as a plane."""
    a, b = x[..., ::2], x[..., 1::2]
    return torch.stack([a * cos - b * sin, a * sin + b * cos], -1).flatten(-2)


def _normal(h: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    return F.layer_norm(h, h.shape[-1:]) * (1 + scale) + shift
