"""Forecasts without a network: what any model must beat.

All are fitted in closed form on training windows and keep what they fitted as buffers, so that they are saved like models.
"""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from sciml.io.errors import InputError
from sciml.pde.data.windows import Windows
from sciml.pde.geometry import Geometry


class Baseline(nn.Module, ABC):
    """A deterministic forecast."""

    def __init__(self, geometry: Geometry) -> None:
        super().__init__()
        self.geometry = geometry

    @abstractmethod
    def fit(self, windows: Windows) -> "Baseline":
        """Fit to training windows."""

    @abstractmethod
    def forecast(self, windows: Windows) -> Float[Tensor, "window channel predicted *space"]:
        """Predict the frames after the given."""


class Persistence(Baseline):
    """The last given frame goes on unchanged."""

    def fit(self, windows: Windows) -> "Persistence":
        return self

    def forecast(self, windows: Windows) -> Tensor:
        last = windows.given[:, :, -1:]
        return last.expand(-1, -1, self.geometry.predicted, *last.shape[3:]).contiguous()


class Climatology(Baseline):
    """The training mean of each grid point at each phase: the time of day of a record, the frame number of a trajectory."""

    mean: Tensor

    def __init__(self, geometry: Geometry) -> None:
        super().__init__(geometry)
        self.register_buffer("mean", torch.full((geometry.phases, geometry.channels, *geometry.space), float("nan")))

    def fit(self, windows: Windows) -> "Climatology":
        total = torch.zeros(self.mean.shape, dtype=torch.float64)
        count = torch.zeros(len(self.mean), dtype=torch.float64)
        for frame in range(windows.phase.shape[1]):
            phase = windows.phase[:, frame]
            given = frame < windows.given.shape[2]
            fields = windows.given[:, :, frame] if given else windows.target[:, :, frame - windows.given.shape[2]]
            total.index_add_(0, phase, fields.double())
            count.index_add_(0, phase, torch.ones(len(phase), dtype=torch.float64))
        if (count == 0).any():
            empty = int((count == 0).nonzero()[0])
            raise InputError(f"no training frame has phase {empty} of `period` {len(count)}: give more, or a shorter period")
        self.mean.copy_(total / count.reshape(-1, *[1] * (total.dim() - 1)))
        return self

    def at(self, phase: Int[Tensor, "window frames"]) -> Float[Tensor, "window channel frames *space"]:
        """The mean fields at these phases."""
        return self.mean[phase].movedim(2, 1)

    def anomaly_of_given(self, windows: Windows) -> Float[Tensor, "window channel given *space"]:
        """Given frames minus the means of their phases."""
        return windows.given - self.at(windows.phase[:, : windows.given.shape[2]])

    def forecast(self, windows: Windows) -> Tensor:
        return self.at(windows.phase[:, windows.given.shape[2] :])


class DampedPersistence(Baseline):
    """Climatology plus the last given anomaly, damped with lead time: a_T = r_T a_0.

    The factors are least-squares scalars, one a lead, so the forecast is never worse than climatology on the training set.
    """

    damping: Tensor

    def __init__(self, geometry: Geometry) -> None:
        super().__init__(geometry)
        self.climatology = Climatology(geometry)
        self.register_buffer("damping", torch.full((geometry.predicted,), float("nan")))

    def fit(self, windows: Windows) -> "DampedPersistence":
        self.climatology.fit(windows)
        last = self._last_anomaly(windows)
        anomaly = windows.target - self.climatology.forecast(windows)
        axes = [axis for axis in range(anomaly.dim()) if axis != 2]
        covariance = (anomaly * last).double().sum(axes)
        self.damping.copy_(covariance / last.double().square().sum().clamp_min(1e-30))
        return self

    def forecast(self, windows: Windows) -> Tensor:
        damping = self.damping.reshape(-1, *[1] * len(self.geometry.space))
        return self.climatology.forecast(windows) + damping * self._last_anomaly(windows)

    def anomaly_of_given(self, windows: Windows) -> Float[Tensor, "window channel given *space"]:
        """As that of the climatology."""
        return self.climatology.anomaly_of_given(windows)

    def _last_anomaly(self, windows: Windows) -> Tensor:
        return self.anomaly_of_given(windows)[:, :, -1:]


BASELINES: dict[str, type[Baseline]] = {
    "persistence": Persistence,
    "climatology": Climatology,
    "damped_persistence": DampedPersistence,
}
