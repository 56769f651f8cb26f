"""A spectral operator: layers that mix the low cosine modes of a field, each point with its channels, and its neighbours.

A layer is

    h + W_2 gelu(scale(t) * norm(W_1 h + S h + K h) + shift(t)),

with S the multiplication of each low mode of a cosine transform over all axes by its own matrix of channels, and K a
3-point convolution of each channel by itself. It is the layer of the Fourier neural operator with three changes: a cosine
basis, which does not tie one wall of the domain to the other; the neighbours; and the diffusion time.

The transforms are products with small matrices: with few modes that is faster than an FFT on processors and GPUs alike.

Reference: Li et al. 2021, arXiv 2010.08895; Peebles & Xie 2023, arXiv 2212.09748, for the way time enters.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from sciml.nets.embedding import TimeEmbedding
from sciml.nets.grid import coordinates
from sciml.nets.initial import start_at_zero
from sciml.numerics.modes import cosine_basis


class CosineMixing(nn.Module):
    """The low modes of a cosine transform, each times a matrix of its own: a global convolution between walls.

    Args:
        channels: of the field.
        modes: kept along each axis; at most the size of the axis.
    """

    def __init__(self, channels: int, modes: tuple[int, ...]) -> None:
        super().__init__()
        self.modes = modes
        self.weight = nn.Parameter(torch.randn(math.prod(modes), channels, channels) / math.sqrt(channels))

    def forward(self, h: Float[Tensor, "batch *space channel"]) -> Float[Tensor, "batch *space channel"]:
        space = h.shape[1:-1]
        bases = [cosine_basis(n, m).to(h) for n, m in zip(space, self.modes, strict=True)]
        for axis, basis in enumerate(bases, start=1):
            h = _along(basis.T, h, axis)
        mixed = torch.bmm(h.flatten(1, -2).transpose(0, 1), self.weight.to(h.dtype)).transpose(0, 1)
        h = mixed.reshape(-1, *self.modes, mixed.shape[-1])
        for axis, basis in enumerate(bases, start=1):
            h = _along(basis, h, axis)
        return h


class _Layer(nn.Module):
    def __init__(self, channels: int, modes: tuple[int, ...], embedding: int, dropout: float) -> None:
        super().__init__()
        convolution = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[len(modes) - 1]
        self.mix = CosineMixing(channels, modes)
        self.point = nn.Linear(channels, channels)
        self.near = convolution(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.norm = nn.LayerNorm(channels, elementwise_affine=False)
        self.film = nn.Linear(embedding, 2 * channels)
        self.dropout = nn.Dropout(dropout)
        self.leave = nn.Linear(channels, channels)

    def forward(self, h: Tensor, embedding: Tensor) -> Tensor:
        near = self.near(h.movedim(-1, 1)).movedim(1, -1)
        g = self.norm(self.point(h) + self.mix(h) + near)
        scale, shift = self.film(embedding).reshape(len(h), *[1] * (h.dim() - 2), -1).chunk(2, dim=-1)
        return h + self.leave(self.dropout(F.gelu(g * (1 + scale) + shift)))


class SpectralOperator(nn.Module):
    """Maps (x, t, condition) to a field of `outputs` channels on the same grid.

    Args:
        inputs: channels of x plus channels of the condition.
        outputs: channels of the prediction.
        modes: cosine modes kept along each axis, one to three axes.
        width: channels of the layers.
        layers: number of layers.
        dropout: probability in [0, 1).
    """

    def __init__(
        self, inputs: int, outputs: int, modes: tuple[int, ...], width: int = 32, layers: int = 4, dropout: float = 0.0
    ) -> None:
        super().__init__()
        if not 1 <= len(modes) <= 3:
            raise ValueError(f"`modes` must be given for 1, 2 or 3 axes, got {len(modes)}")
        embedding = 2 * width
        self.embed = TimeEmbedding(embedding)
        self.enter = nn.Sequential(nn.Linear(inputs + len(modes), 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.layers = nn.ModuleList(_Layer(width, tuple(modes), embedding, dropout) for _ in range(layers))
        self.leave = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, outputs))
        start_at_zero(self.leave[-1])

    def forward(
        self,
        x: Float[Tensor, "batch channel *space"],
        t: Float[Tensor, " batch"],
        cond: Float[Tensor, "batch condition *space"] | None = None,
    ) -> Float[Tensor, "batch output *space"]:
        parts = [x, coordinates(x)] if cond is None else [x, cond, coordinates(x)]
        h, embedding = self.enter(torch.cat(parts, dim=1).movedim(1, -1)), self.embed(t)
        for layer in self.layers:
            h = layer(h, embedding)
        return self.leave(h).movedim(-1, 1).contiguous()


def _along(matrix: Float[Tensor, "m n"], h: Tensor, axis: int) -> Tensor:
    """The matrix applied along one axis of h."""
    after = h.shape[axis + 1 :]
    flat = h.reshape(*h.shape[: axis + 1], -1)
    return torch.matmul(matrix, flat).reshape(*h.shape[:axis], matrix.shape[0], *after)
