"""Fields to and from a model's state: the wavelet domain, or the physical one, standardised by training statistics.

A field block has shape (batch, channel, time, *space); a state has shape (batch, channel', *grid). The wavelet state holds
all sub-bands of one N-D transform over (time, *space) as channels of the coarsest grid: details of finer levels are
folded into channels (space to depth), so nothing is lost and every channel has the same size. Each sub-band is brought
to zero mean and unit deviation over the training set: without it the coarsest band, a thousand times the finest, is all
that a network sees.

Reference: Hu et al. 2024, WDNO, arXiv 2412.04833, section 3. Departure: the authors scale each band by its largest
absolute value.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml.numerics.wavelets.transform import Coefficients, WaveletTransform


class Representation(nn.Module, ABC):
    """An invertible affine map between fields of one fixed size and standardised states.

    Args:
        channels: physical variables of the field.
        shape: sizes (time, *space) of the field.
        fold_time: whether the time axis of the state becomes channels (for short series: a cheaper network).
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, channels: int, shape: Sequence[int], fold_time: bool = False) -> None:
        super().__init__()
        self.channels, self.shape, self.fold_time = channels, tuple(shape), fold_time
        with torch.no_grad():
            raw = self._transform(torch.zeros(1, channels, *self.shape))
        self._raw_shape = tuple(raw.shape[1:])
        self.register_buffer("mean", torch.full((self._raw_shape[0],), float("nan")))
        self.register_buffer("deviation", torch.full((self._raw_shape[0],), float("nan")))

    @abstractmethod
    def _transform(self, fields: Tensor) -> Tensor: ...

    @abstractmethod
    def _restore(self, raw: Tensor) -> Tensor: ...

    @abstractmethod
    def groups(self) -> Tensor:
        """For each raw channel the number of the sub-band whose statistics it shares."""

    @property
    def state_shape(self) -> tuple[int, ...]:
        """(channel', *grid) of a state."""
        channels, *grid = self._raw_shape
        return (channels * grid[0], *grid[1:]) if self.fold_time else self._raw_shape

    @property
    def grid(self) -> tuple[int, ...]:
        """Sizes of a state behind its channels."""
        return self.state_shape[1:]

    def state_deviation(self) -> Float[Tensor, " state"]:
        """Deviation, in the units of the field, that each channel of the state was divided by."""
        self._check_fitted()
        return self.deviation.repeat_interleave(self._raw_shape[1]) if self.fold_time else self.deviation.clone()

    @torch.no_grad()
    def fit(self, fields: Float[Tensor, "n channel time *space"], chunk: int = 256) -> "Representation":
        """Compute the statistics of each sub-band; a band that never varies keeps the scale 1."""
        group, axes = self.groups(), [0, *range(2, 2 + len(self.shape))]
        total = torch.zeros(2, self._raw_shape[0], dtype=torch.float64)
        for block in fields.split(chunk):
            raw = self._transform(block).double()
            total += torch.stack([raw.sum(axes), raw.square().sum(axes)]) / (raw[:, 0].numel() / len(block) * len(fields))
        count = torch.bincount(group).double()
        mean, square = torch.zeros(2, len(count), dtype=torch.float64).index_add(1, group, total) / count
        deviation = (square - mean.square()).clamp_min(0).sqrt()
        deviation[deviation <= 1e-6 * square.sqrt().max().clamp_min(1e-30)] = 1.0
        self.mean.copy_(mean[group])
        self.deviation.copy_(deviation[group])
        return self

    def encode(self, fields: Float[Tensor, "n channel time *space"]) -> Float[Tensor, "n state *grid"]:
        """Fields to standardised state."""
        self._check_fitted()
        state = (self._transform(fields) - self._wide(self.mean)) / self._wide(self.deviation)
        return state.flatten(1, 2) if self.fold_time else state

    def decode(self, state: Float[Tensor, "n state *grid"]) -> Float[Tensor, "n channel time *space"]:
        """State to fields: the exact inverse of `encode`."""
        self._check_fitted()
        raw = state.reshape(-1, *self._raw_shape)
        return self._restore(raw * self._wide(self.deviation) + self._wide(self.mean))

    def _wide(self, statistic: Tensor) -> Tensor:
        return statistic.reshape(-1, *[1] * len(self.shape))

    def _check_fitted(self) -> None:
        if not torch.isfinite(self.deviation).all():
            raise ValueError(
                "the representation has no statistics: call `fit` with training fields, or load a checkpoint that holds them"
            )


class PhysicalRepresentation(Representation):
    """The field itself, each variable standardised."""

    def _transform(self, fields: Tensor) -> Tensor:
        return fields

    def _restore(self, raw: Tensor) -> Tensor:
        return raw

    def groups(self) -> Tensor:
        return torch.arange(self.channels)


class WaveletRepresentation(Representation):
    """All sub-bands of a wavelet transform over (time, *space), as channels of the coarsest grid.

    Args:
        wavelet, mode, levels: see `WaveletTransform`.
    """

    def __init__(
        self,
        channels: int,
        shape: Sequence[int],
        fold_time: bool = False,
        wavelet: str = "bior2.4",
        mode: str = "periodization",
        levels: int = 1,
    ) -> None:
        dimensions = len(tuple(shape))
        self.transform = WaveletTransform(dimensions, wavelet, mode, levels)
        self._sizes = self.transform.level_shapes(tuple(shape))
        super().__init__(channels, shape, fold_time)

    def _transform(self, fields: Tensor) -> Tensor:
        parts = self.transform.forward(fields)
        packed = [parts.average.unsqueeze(2)]
        for level, detail in enumerate(parts.details, start=1):
            packed.append(self._to_depth(detail, 2 ** (self.transform.levels - level)))
        return torch.cat(packed, dim=2).flatten(1, 2)

    def _restore(self, raw: Tensor) -> Tensor:
        bands = raw.unflatten(1, (self.channels, -1))
        average, *packed = bands.split([1, *self._folded()], dim=2)
        details = [
            self._from_depth(part, 2 ** (self.transform.levels - level), self._sizes[level])
            for level, part in enumerate(packed, start=1)
        ]
        return self.transform.inverse(Coefficients(average.squeeze(2), tuple(details), self.shape))

    def groups(self) -> Tensor:
        details = self.transform.bands - 1
        repeats = [1] + [folded // details for folded in self._folded() for _ in range(details)]
        group = torch.arange(len(repeats)).repeat_interleave(torch.tensor(repeats))
        return torch.cat([group + channel * len(repeats) for channel in range(self.channels)])

    def _folded(self) -> list[int]:
        """Channels that the details of each level occupy after folding, finest level first."""
        d, levels = self.transform.dimensions, self.transform.levels
        return [(self.transform.bands - 1) * 2 ** (d * (levels - level)) for level in range(1, levels + 1)]

    def _to_depth(self, detail: Tensor, factor: int) -> Tensor:
        """(n, channel, band, *level) to (n, channel, band * factor^d, *coarse), padding with zeros where sizes are odd."""
        coarse, d = self._sizes[-1], self.transform.dimensions
        padding = [
            p
            for have, want in zip(reversed(detail.shape[-d:]), reversed(coarse), strict=True)
            for p in (0, want * factor - have)
        ]
        detail = nn.functional.pad(detail, padding)
        detail = detail.reshape(*detail.shape[:3], *(size for n in coarse for size in (n, factor)))
        order = (0, 1, 2, *range(4, 4 + 2 * d, 2), *range(3, 3 + 2 * d, 2))
        return detail.permute(order).reshape(*detail.shape[:2], -1, *coarse)

    def _from_depth(self, packed: Tensor, factor: int, sizes: Sequence[int]) -> Tensor:
        """The inverse of `_to_depth`."""
        coarse, d = self._sizes[-1], self.transform.dimensions
        packed = packed.reshape(*packed.shape[:2], -1, *[factor] * d, *coarse)
        order = (0, 1, 2, *(k for axis in range(d) for k in (3 + d + axis, 3 + axis)))
        detail = packed.permute(order).reshape(*packed.shape[:3], *(n * factor for n in coarse))
        crop: tuple = (..., *(slice(0, n) for n in sizes))
        return detail[crop]
