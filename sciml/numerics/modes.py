"""Orthonormal modes of a field: cosines along its axes, or any basis of the whole."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Modes:
    """An orthogonal transform of each sample: a matrix along some axes of a layout.

    Args:
        layout: shape in which a sample is seen, as many elements as it has.
        bases: for each axis of the layout an orthogonal matrix (n, n) whose columns are the modes, or None.
    """

    layout: tuple[int, ...]
    bases: tuple[Tensor | None, ...]

    def forward(self, x: Float[Tensor, "batch *space"]) -> Float[Tensor, "batch *layout"]:
        """Amplitudes of the modes."""
        z = x.reshape(-1, *self.layout)
        for axis, basis in enumerate(self.bases, start=1):
            if basis is not None:
                z = along(basis, z, axis)
        return z

    def inverse(self, z: Float[Tensor, "batch *layout"], shape: Sequence[int]) -> Float[Tensor, "batch *space"]:
        """The samples, of the given shape, from their amplitudes."""
        for axis, basis in enumerate(self.bases, start=1):
            if basis is not None:
                z = along(basis.T, z, axis)
        return z.reshape(tuple(shape))

    def to(self, like: Tensor) -> "Modes":
        """The same modes in the dtype and on the device of a tensor."""
        return replace(self, bases=tuple(None if basis is None else basis.to(like) for basis in self.bases))


def cosine_modes(shape: Sequence[int], axes: Sequence[int]) -> Modes:
    """Cosines along some axes of samples of this shape, in float64."""
    bases = tuple(cosine_basis(n, n) if axis in axes else None for axis, n in enumerate(shape))
    return Modes(tuple(shape), bases)


def dense_modes(basis: Float[Tensor, "n n"]) -> Modes:
    """The columns of an orthogonal matrix, for samples of n elements."""
    return Modes((len(basis),), (basis,))


def cosine_basis(n: int, modes: int) -> Float[Tensor, "n modes"]:
    """The first orthonormal cosines on n cells, in float64: column k is proportional to cos(pi k (j + 1/2) / n)."""
    if not 1 <= modes <= n:
        raise ValueError(f"`modes` must lie in [1, {n}], the size of the axis, got {modes}")
    j, k = torch.arange(n, dtype=torch.float64) + 0.5, torch.arange(modes, dtype=torch.float64)
    basis = torch.cos(math.pi / n * j[:, None] * k) * math.sqrt(2 / n)
    basis[:, 0] /= math.sqrt(2)
    return basis


def along(basis: Float[Tensor, "n m"], z: Float[Tensor, "*shape"], axis: int) -> Tensor:
    """sum_n basis[n, m] z[..., n, ...] along one axis."""
    if axis == z.ndim - 1:
        return z @ basis
    flat = z.flatten(axis + 1)
    return torch.matmul(basis.T, flat).reshape(*z.shape[:axis], basis.shape[1], *z.shape[axis + 1 :])
