"""U-Net over one-, two- or three-dimensional grids, with conditions as clean channels.

Resolution halves `len(multipliers) - 1` times. Sizes need not be powers of two: each upward path is resized to its skip
connection. Normalisation is over groups of channels and space, never over the batch, so a sample does not depend on its
batch-mates.

Reference: Ronneberger et al. 2015, arXiv 1505.04597; the residual block with feature-wise scale and shift is that of
Dhariwal & Nichol 2021, arXiv 2105.05233, section 3.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from sciml.nets.embedding import TimeEmbedding
from sciml.nets.grid import CONVOLUTIONS, coordinates
from sciml.nets.initial import start_at_zero


class ResidualBlock(nn.Module):
    """x + conv(silu(scale(t) * norm(conv(silu(norm(x)))) + shift(t)))."""

    def __init__(self, dimensions: int, inputs: int, outputs: int, embedding: int, dropout: float) -> None:
        super().__init__()
        conv = CONVOLUTIONS[dimensions]
        self.norm_in = nn.GroupNorm(_groups(inputs), inputs)
        self.conv_in = conv(inputs, outputs, 3, padding=1)
        self.film = nn.Linear(embedding, 2 * outputs)
        self.norm_out = nn.GroupNorm(_groups(outputs), outputs)
        self.dropout = nn.Dropout(dropout)
        self.conv_out = conv(outputs, outputs, 3, padding=1)
        self.skip = conv(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        start_at_zero(self.conv_out)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        h = self.conv_in(F.silu(self.norm_in(x)))
        scale, shift = self.film(embedding).reshape(*embedding.shape[:1], -1, *[1] * (x.dim() - 2)).chunk(2, dim=1)
        h = self.norm_out(h) * (1 + scale) + shift
        return self.skip(x) + self.conv_out(self.dropout(F.silu(h)))


class SelfAttention(nn.Module):
    """Residual multi-head attention over all grid points."""

    def __init__(self, channels: int, head: int = 32) -> None:
        super().__init__()
        self.heads = next(n for n in range(max(1, channels // head), 0, -1) if channels % n == 0)
        self.norm = nn.GroupNorm(_groups(channels), channels)
        self.query_key_value = nn.Linear(channels, 3 * channels)
        self.project = nn.Linear(channels, channels)
        start_at_zero(self.project)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.norm(x).flatten(2).transpose(1, 2)
        batch, points, channels = tokens.shape
        qkv = self.query_key_value(tokens).reshape(batch, points, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(*qkv.unbind(0)).transpose(1, 2).reshape(batch, points, channels)
        return x + self.project(mixed).transpose(1, 2).reshape(x.shape)


class _Row(nn.Module):
    """The residual blocks of one resolution, one way."""

    def __init__(self, block: Callable[[int, int], ResidualBlock], inputs: int, outputs: int, count: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(block(inputs if k == 0 else outputs, outputs) for k in range(count))

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x, embedding)
        return x


class UNet(nn.Module):
    """Maps (x, t, condition) to a field of `outputs` channels on the same grid.

    Args:
        dimensions: number of space-like axes, 1 to 3.
        inputs: channels of x plus channels of the condition.
        outputs: channels of the prediction.
        width: channels at the finest resolution.
        multipliers: channels of each resolution in units of `width`, finest first.
        blocks: residual blocks at each resolution, each way.
        attention: whether the coarsest resolution mixes all its points by self-attention.
        dropout: probability in [0, 1).
    """

    def __init__(
        self,
        dimensions: int,
        inputs: int,
        outputs: int,
        width: int = 48,
        multipliers: tuple[int, ...] = (1, 2, 3),
        blocks: int = 2,
        attention: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if dimensions not in CONVOLUTIONS:
            raise ValueError(f"`dimensions` must be 1, 2 or 3, got {dimensions}")
        conv, embedding = CONVOLUTIONS[dimensions], 2 * width
        self.dimensions = dimensions
        self.embed = TimeEmbedding(embedding)
        self.enter = conv(inputs + dimensions, width, 3, padding=1)

        def block(a: int, b: int) -> ResidualBlock:
            return ResidualBlock(dimensions, a, b, embedding, dropout)

        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        self.shrink, self.grow = nn.ModuleList(), nn.ModuleList()
        channels, skips = width, []
        for level, multiplier in enumerate(multipliers):
            if level:
                self.shrink.append(conv(channels, channels, 3, stride=2, padding=1))
            self.down.append(_Row(block, channels, multiplier * width, blocks))
            channels = multiplier * width
            skips.append(channels)
        self.middle = block(channels, channels)
        self.attention = SelfAttention(channels) if attention else nn.Identity()
        self.middle_out = block(channels, channels)
        for level, multiplier in reversed(list(enumerate(multipliers))):
            self.up.append(_Row(block, channels + skips[level], multiplier * width, blocks))
            channels = multiplier * width
            if level:
                self.grow.append(conv(channels, channels, 3, padding=1))
        self.norm = nn.GroupNorm(_groups(channels), channels)
        self.leave = conv(channels, outputs, 3, padding=1)
        start_at_zero(self.leave)

    def forward(
        self,
        x: Float[Tensor, "batch channel *space"],
        t: Float[Tensor, " batch"],
        cond: Float[Tensor, "batch condition *space"] | None = None,
    ) -> Float[Tensor, "batch output *space"]:
        parts = [x, coordinates(x)] if cond is None else [x, cond, coordinates(x)]
        h = torch.cat(parts, dim=1)
        if self.dimensions == 2 and self.enter.weight.is_contiguous(memory_format=torch.channels_last):
            h = h.contiguous(memory_format=torch.channels_last)  # where the weights are, activations follow
        embedding = self.embed(t)
        h = self.enter(h)
        skips = []
        for level, row in enumerate(self.down):
            if level:
                h = self.shrink[level - 1](h)
            h = row(h, embedding)
            skips.append(h)
        h = self.middle_out(self.attention(self.middle(h, embedding)), embedding)
        for level, row in enumerate(self.up):
            skip = skips.pop()
            if level:
                h = self.grow[level - 1](F.interpolate(h, size=skip.shape[2:], mode="nearest"))
            h = row(torch.cat([h, skip], dim=1), embedding)
        return self.leave(F.silu(self.norm(h))).contiguous()


def _groups(channels: int) -> int:
    return next(g for g in (8, 4, 2, 1) if channels % g == 0)
