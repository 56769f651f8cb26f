"""Runs on PDE fields: their scores with each solver, and example windows."""

from dataclasses import dataclass
from functools import cached_property

from sciml.report import grouping
from sciml.report.grouping import AnyRun, Array


@dataclass(frozen=True)
class Score:
    """Scores of one model with one solver; a number that is not there is nan."""

    solver: str
    picked: str  # what the solver auto stood for
    main: bool
    nfe: float
    members: int
    windows: int
    mse: float
    mse_mean4: float
    mse_mean: float
    mae: float
    mae_mean: float
    relative_l2: float
    largest_error: float
    shock_mse: float
    crps: float
    spread_skill: float
    seconds_per_sample: float
    mse_by_step: Array
    distance: float  # from a solution with many steps, at the same noise

    @property
    def deterministic(self) -> bool:
        """Whether there is one forecast, not an ensemble."""
        return self.members <= 1


@dataclass(frozen=True)
class Pictures:
    """Example windows (k, time, *space), spectra (wavenumber,) and coordinates."""

    truth: Array
    prediction: Array
    mean: Array
    spread: Array
    spectrum_truth: Array
    spectrum_prediction: Array
    axis_time: Array
    axis_x: Array
    axis_y: Array | None


@dataclass(frozen=True)
class Run(AnyRun):
    """One training of one model of PDE fields, or one baseline, and its scores."""

    kind: str
    units: dict[str, str]
    scores: tuple[Score, ...]
    error_mean_se: float
    pictures: Pictures

    @cached_property
    def main(self) -> Score:
        """The score of the main table."""
        return next(score for score in self.scores if score.main)

    @property
    def deterministic(self) -> bool:
        """Whether it gives one forecast, not an ensemble."""
        return self.main.deterministic

    @property
    def trained(self) -> bool:
        return self.kind == "neural"


Model = grouping.Model[Run]
Dataset = grouping.Dataset[Run]
