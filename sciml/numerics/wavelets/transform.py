"""The separable, differentiable discrete wavelet transform over the last one, two or three axes of a tensor."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.numerics.wavelets.filters import (
    analysis_matrix,
    check_wavelet,
    coefficient_length,
    filter_length,
    multiply_axis,
    synthesis_matrix,
)
from sciml.numerics.wavelets.library import library_analysis, library_synthesis

Backend = Literal["auto", "matrix", "library"]
MATRIX_LIMIT = 768  # points on the longest axis up to which the matrix form was measured to be the faster one


@dataclass(frozen=True)
class Coefficients:
    """The wavelet coefficients of a field.

    Attributes:
        average: the coarsest averages, shape (*batch, *coarse).
        details: finest level first, each of shape (*batch, 2^d - 1, *level): band b, written in binary with the first
            axis leading, has a 1 for each axis along which it holds details (for two axes: 01, 10, 11).
        shape: sizes of the transformed axes of the field, needed to undo the padding of odd sizes.
    """

    average: Float[Tensor, "..."]
    details: tuple[Float[Tensor, "..."], ...]
    shape: tuple[int, ...]


@dataclass(frozen=True)
class WaveletTransform:
    """Analysis and synthesis with one wavelet.

    Args:
        dimensions: d, how many trailing axes are transformed, 1 to 3.
        wavelet: a discrete wavelet of PyWavelets.
        mode: 'periodization' (sizes halve, rounding up; opposite ends touch) or 'zero' (sizes grow by about half a filter).
        levels: how often the averages are transformed again, at least 1.
        backend: 'matrix' (dense products, any d), 'library' (pytorch-wavelets, d at most 2) or 'auto', the faster one.

    Raises:
        ValueError: for any other argument; the modes in which the gradients of pytorch-wavelets are wrong are refused.

    Reference: Mallat 1989, IEEE TPAMI 11(7); Cohen, Daubechies & Feauveau 1992 for the biorthogonal families.
    """

    dimensions: int
    wavelet: str = "bior2.4"
    mode: str = "periodization"
    levels: int = 1
    backend: Backend = "auto"

    def __post_init__(self) -> None:
        check_wavelet(self.wavelet, self.mode)
        if self.dimensions not in (1, 2, 3):
            raise ValueError(f"`dimensions` must be 1, 2 or 3, got {self.dimensions}")
        if self.levels < 1:
            raise ValueError(f"`levels` must be at least 1, got {self.levels}")
        if self.backend not in ("auto", "matrix", "library"):
            raise ValueError(f"`backend` must be 'auto', 'matrix' or 'library', got {self.backend!r}")
        if self.backend == "library" and self.dimensions > 2:
            raise ValueError("`backend` 'library' has no transform over 3 axes: use 'matrix'")

    def forward(self, x: Float[Tensor, "*field"]) -> Coefficients:
        """Analysis: field of shape (*batch, *space) to coefficients."""
        shape = tuple(x.shape[-self.dimensions :])
        if x.dim() < self.dimensions or min(shape) < 2:
            raise ValueError(f"the last {self.dimensions} axes must have at least 2 points each, got {tuple(x.shape)}")
        details = []
        for _ in range(self.levels):
            bands = self._analyse(x)
            x, detail = bands.select(-self.dimensions - 1, 0), bands.narrow(-self.dimensions - 1, 1, self.bands - 1)
            details.append(detail)
        return Coefficients(x, tuple(details), shape)

    def inverse(self, coefficients: Coefficients) -> Float[Tensor, "*field"]:
        """Synthesis: the field whose coefficients these are."""
        x = coefficients.average
        shapes = self.level_shapes(coefficients.shape)[:-1]
        for shape, detail in zip(reversed(shapes), reversed(coefficients.details), strict=True):
            x = self._synthesise(torch.cat([x.unsqueeze(-self.dimensions - 1), detail], -self.dimensions - 1), shape)
        return x

    @property
    def bands(self) -> int:
        """2^d sub-bands a level."""
        return 2**self.dimensions

    def level_shapes(self, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Sizes of the averages after 0, 1, ..., `levels` levels."""
        shapes = [tuple(shape)]
        for _ in range(self.levels):
            shapes.append(tuple(coefficient_length(n, self.wavelet, self.mode) for n in shapes[-1]))
        return shapes

    def _analyse(self, x: Tensor) -> Tensor:
        """One level: (*batch, *space) to (*batch, 2^d, *half)."""
        if self._by_library(x.shape[-self.dimensions :]):
            return library_analysis(x, self.dimensions, self.wavelet, self.mode)
        d, batch = self.dimensions, x.shape[: x.dim() - self.dimensions]
        for axis in range(-d, 0):
            x = multiply_axis(x, analysis_matrix(x.shape[axis], self.wavelet, self.mode, x.dtype, x.device), axis)
        halves = [n // 2 for n in x.shape[-d:]]
        x = x.reshape(-1, *(size for half in halves for size in (2, half)))
        order = (0, *range(1, 2 * d, 2), *range(2, 2 * d + 1, 2))
        return x.permute(order).reshape(*batch, self.bands, *halves)

    def _synthesise(self, bands: Tensor, shape: tuple[int, ...]) -> Tensor:
        """One level back: (*batch, 2^d, *half) to (*batch, *shape)."""
        if self._by_library(shape):
            return library_synthesis(bands, shape, self.dimensions, self.wavelet, self.mode)
        d, halves = self.dimensions, bands.shape[-self.dimensions :]
        batch = bands.shape[: bands.dim() - d - 1]
        x = bands.reshape(math.prod(batch), *[2] * d, *halves)
        order = (0, *(k for axis in range(1, d + 1) for k in (axis, axis + d)))
        x = x.permute(order).reshape(*batch, *(2 * half for half in halves))
        for axis, points in zip(range(-d, 0), shape, strict=True):
            x = multiply_axis(x, synthesis_matrix(points, self.wavelet, self.mode, x.dtype, x.device), axis)
        return x

    def _by_library(self, shape: Sequence[int]) -> bool:
        """Axes shorter than the filter go by matrix always: there the library's gradient is wrong."""
        if self.backend == "auto" and (self.dimensions == 3 or max(shape) <= MATRIX_LIMIT):
            return False
        return self.backend != "matrix" and min(shape) >= filter_length(self.wavelet)
