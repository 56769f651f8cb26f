"""The one in-memory form of prediction tasks: what is given, what is to be predicted."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from sciml.io.errors import InputError


@dataclass(frozen=True)
class Axis:
    """A coordinate: its values, one-dimensional, and their units."""

    values: np.ndarray
    units: str


@dataclass(frozen=True)
class Windows:
    """Prediction tasks.

    Args:
        given: Frames before.
        target: Frames to be predicted, those next after the given.
        forcing: Forcing k drives the fields from the frame before target k to target k.
        phase: Of each frame, given then predicted: its index in the trajectory, or in a record its index modulo
            the period (for hourly frames and period 24, the hour of the day if the record starts at midnight).
        coordinates: Axes: `time` (from the first given frame) and those of space.
        units: Units of each channel, by variable name, in the order of the channels.
        period: Frames of one cycle of a record, 1 if it has none; None for aligned trajectories.
    """

    given: Float[Tensor, "window channel given *space"]
    target: Float[Tensor, "window channel predicted *space"]
    forcing: Float[Tensor, "window force predicted *space"] | None
    phase: Int[Tensor, "window frames"]
    coordinates: dict[str, Axis] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    period: int | None = None

    def __len__(self) -> int:
        return len(self.given)

    def __getitem__(self, indices: int | slice | Sequence[int] | Tensor) -> "Windows":
        """The chosen windows; a single integer gives one window, with its dimension kept."""
        if isinstance(indices, int):
            indices = [indices]
        forcing = None if self.forcing is None else self.forcing[indices]
        chosen = (self.given[indices], self.target[indices], forcing, self.phase[indices])
        return Windows(*chosen, self.coordinates, self.units, self.period)


def trajectory_windows(
    fields: Float[Tensor, "trajectory channel time *space"],
    forcing: Float[Tensor, "trajectory force interval *space"] | None,
    given: int,
    predicted: int | None = None,
    *,
    coordinates: dict[str, Axis] | None = None,
    units: dict[str, str] | None = None,
) -> Windows:
    """One window a trajectory: its first frames are given, the next `predicted` (by default the rest) the target.

    Args:
        fields: Frames 0 .. T.
        forcing: Forcing k acts between frames k and k + 1; T of them.

    Raises:
        InputError: A window that does not fit, or no trajectory.
    """
    frames = fields.shape[2]
    predicted = frames - given if predicted is None else predicted
    _check_fit(given, predicted, frames, "a trajectory")
    if not len(fields):
        raise InputError("no trajectory in this split, at least 1 is needed")
    end = given + predicted
    return Windows(
        given=fields[:, :, :given],
        target=fields[:, :, given:end],
        forcing=None if forcing is None else forcing[:, :, given - 1 : end - 1],
        phase=torch.arange(end).expand(len(fields), end),
        coordinates=coordinates or {},
        units=units or {},
    )


def record_windows(
    fields: Float[Tensor, "channel time *space"],
    given: int,
    predicted: int,
    *,
    period: int = 1,
    stride: int = 1,
    first: int = 0,
    coordinates: dict[str, Axis] | None = None,
    units: dict[str, str] | None = None,
) -> Windows:
    """Every `stride`-th window of given + predicted consecutive frames of one record (or of one split of it).

    Args:
        fields: Consecutive frames. Windows are views of them: overlapping ones cost no memory.
        period: Frames of one cycle: 24 for hourly frames and a daily one, 1 if there is none.
        first: Index in the whole record of the first frame here, which sets the phase.

    Raises:
        InputError: `period` or `stride` below 1, or fewer frames than one window.
    """
    for name, value in (("period", period), ("stride", stride)):
        if value < 1:
            raise InputError(f"`{name}` must be at least 1, got {value}")
    size = given + predicted
    _check_fit(given, predicted, fields.shape[1], "this split of the record")
    windows = fields.unfold(1, size, stride).movedim(-1, 1).movedim(2, 0)  # window channel frame *space
    starts = first + stride * torch.arange(len(windows))
    return Windows(
        given=windows[:, :, :given],
        target=windows[:, :, given:],
        forcing=None,
        phase=(starts[:, None] + torch.arange(size)) % period,
        coordinates=coordinates or {},
        units=units or {},
        period=period,
    )


def _check_fit(given: int, predicted: int, frames: int, where: str) -> None:
    if given < 1 or predicted < 1:
        raise InputError(f"`given` and `predicted` must be at least 1, got {given} and {predicted} of {frames} frames")
    if given + predicted > frames:
        raise InputError(f"{given} given and {predicted} predicted frames do not fit: {where} has {frames} frames")
