"""The sizes that a forecaster is built for, saved with it, and checked against the data it is given."""

from dataclasses import dataclass

from sciml.io.errors import InputError
from sciml.pde.data.windows import Windows


@dataclass(frozen=True)
class Geometry:
    """Sizes of a window.

    Attributes:
        channels: variables given and predicted.
        forces: forcing fields, 0 if there are none.
        given, predicted: frames.
        space: grid points along each axis of space.
        period: frames of one cycle of a record, 1 if it has none; None for aligned trajectories.
        variables: names of the channels.
    """

    channels: int
    forces: int
    given: int
    predicted: int
    space: tuple[int, ...]
    period: int | None
    variables: tuple[str, ...]

    @property
    def phases(self) -> int:
        """Distinct phases: frames of a cycle, or of a trajectory; all frames of a record without a cycle have one."""
        return self.period or self.given + self.predicted

    @property
    def cyclic(self) -> bool:
        """Whether the phase is a time of a cycle, such as the hour of the day."""
        return self.period is not None and self.period > 1

    @property
    def shape(self) -> tuple[int, ...]:
        """(predicted, *space): sizes of the block to be predicted."""
        return (self.predicted, *self.space)


def geometry_of(windows: Windows) -> Geometry:
    """The geometry that these windows have."""
    _, channels, given, *space = windows.given.shape
    forces = 0 if windows.forcing is None else windows.forcing.shape[1]
    names = tuple(windows.units) or tuple(f"variable {k}" for k in range(channels))
    return Geometry(channels, forces, given, windows.target.shape[2], tuple(space), windows.period, names)


def check_same(model: Geometry, data: Geometry, origin: str) -> None:
    """Raise InputError, naming the first size that differs, if a model meets data it was not made for."""
    for field in ("variables", "given", "predicted", "forces", "space", "period"):
        trained, found = getattr(model, field), getattr(data, field)
        if trained != found:
            raise InputError(f"{origin}: was trained for `{field}` = {trained}, the data has {found}")
