"""A spectral operator: layers that mix the low cosine modes of a field, each point with its channels, and its neighbours.

A layer is

    h + W_2 gelu((1 + a(t)) norm(W_1 h + S h + K h) + b(t)),

S the multiplication of each low mode of a cosine transform over all axes by a matrix of channels of its own, K a
convolution over the nearest neighbours of each channel by itself, norm that over the channels of a point, a and b linear in
the embedding of the diffusion time. W_1 h + S h is what a layer of the Fourier neural operator has, there in a Fourier
basis, which ties one wall of the domain to the other; the rest is what a denoiser asks for: neighbours for detail, time,
and a residual branch.

The transforms are products with small matrices.

Reference: Li et al. 2021, arXiv 2010.08895, equation 4; Peebles & Xie 2023, arXiv 2212.09748, section 3.2, for the way time
enters, here without their gate.
"""

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from sciml.nets.embedding import TimeEmbedding
from sciml.nets.grid import CONVOLUTIONS, coordinates
from sciml.nets.initial import start_at_zero
from sciml.numerics.modes import along, cosine_basis


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
        bases = [_basis(n, m, h.dtype, h.device) for n, m in zip(h.shape[1:-1], self.modes, strict=True)]
        for axis, basis in enumerate(bases, start=1):
            h = along(basis, h, axis)
        mixed = torch.bmm(h.flatten(1, -2).transpose(0, 1), self.weight.to(h.dtype)).transpose(0, 1)
        h = mixed.reshape(-1, *self.modes, mixed.shape[-1])
        for axis, basis in enumerate(bases, start=1):
            h = along(basis.T, h, axis)
        return h


class SpectralLayer(nn.Module):
    """See the module."""

    def __init__(self, channels: int, modes: tuple[int, ...], embedding: int, dropout: float) -> None:
        super().__init__()
        convolution = CONVOLUTIONS[len(modes)]
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
        if len(modes) not in CONVOLUTIONS:
            raise ValueError(f"`modes` must be given for 1, 2 or 3 axes, got {len(modes)}")
        if min(modes) < 1:
            raise ValueError(f"`modes` must be at least 1 along each axis, got {list(modes)}")
        self.axes, embedding = len(modes), 2 * width
        self.embed = TimeEmbedding(embedding)
        self.enter = nn.Sequential(nn.Linear(inputs + len(modes), 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.layers = nn.ModuleList(SpectralLayer(width, tuple(modes), embedding, dropout) for _ in range(layers))
        self.leave = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, outputs))
        start_at_zero(self.leave[-1])

    def forward(
        self,
        x: Float[Tensor, "batch channel *space"],
        t: Float[Tensor, " batch"],
        cond: Float[Tensor, "batch condition *space"] | None = None,
    ) -> Float[Tensor, "batch output *space"]:
        if x.dim() - 2 != self.axes:
            raise ValueError(f"`x` must have {self.axes} axes beside batch and channel, got shape {tuple(x.shape)}")
        parts = [x, coordinates(x)] if cond is None else [x, cond, coordinates(x)]
        h, embedding = self.enter(torch.cat(parts, dim=1).movedim(1, -1)), self.embed(t)
        for layer in self.layers:
            h = layer(h, embedding)
        return self.leave(h).movedim(-1, 1).contiguous()


@lru_cache(maxsize=64)
def _basis(n: int, modes: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    return cosine_basis(n, modes).to(device, dtype)
