"""What the report is made of: runs, grouped by model and data set."""

import math
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


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
class Manifest:
    """Where a run's numbers come from."""

    config: dict[str, Any]
    versions: dict[str, Any]
    git_commit: str | None
    data_sha256: str
    device: str
    threads: float
    steps: float
    cpu_seconds: float
    wall_seconds: float
    precision: str | None
    parameters: float
    started: str


@dataclass(frozen=True)
class Run:
    """One training of one model on one data set with one seed, and its scores."""

    directory: Path
    dataset: str
    model: str
    seed: int
    kind: str
    description: str | None
    units: dict[str, str]
    scores: tuple[Score, ...]
    error_mean_se: float
    pictures: Pictures
    manifest: Manifest
    training: Array  # (record, [CPU seconds, loss])

    @cached_property
    def main(self) -> Score:
        """The score of the main table."""
        return next(score for score in self.scores if score.main)


@dataclass(frozen=True)
class Average:
    """Mean over seeds, and their standard deviation (nan of one seed)."""

    mean: float
    deviation: float = math.nan

    @property
    def finite(self) -> bool:
        """Whether there is a number to compare."""
        return math.isfinite(self.mean)


@dataclass(frozen=True)
class Model:
    """All runs of a model on a data set, in the order of seeds."""

    name: str
    runs: tuple[Run, ...]

    @property
    def deterministic(self) -> bool:
        """Whether it gives one forecast, not an ensemble."""
        return self.runs[0].main.deterministic

    @property
    def neural(self) -> bool:
        """Whether it was trained, not fitted in closed form."""
        return self.runs[0].kind == "neural"

    def average(self, value: Callable[[Run], float]) -> Average:
        """Mean and standard deviation over seeds."""
        return average(value(run) for run in self.runs)


@dataclass(frozen=True)
class Dataset:
    """All models of a data set, in the order in which they were given."""

    name: str
    models: tuple[Model, ...]

    @property
    def first(self) -> Run:
        """The run that speaks for what all share: truth, axes, units."""
        return self.models[0].runs[0]


def average(values: Iterable[float]) -> Average:
    """Mean and standard deviation; one number that is not finite makes the mean so: nothing is left out in silence."""
    found = list(values)
    if all(math.isfinite(value) for value in found):
        deviation = statistics.stdev(found) if len(found) > 1 else math.nan
        return Average(math.fsum(found) / len(found), deviation)
    return Average(math.nan if any(math.isnan(value) for value in found) else sum(found))


def group(runs: Iterable[Run]) -> list[Dataset]:
    """Data sets and their models in the order of first appearance, seeds sorted."""
    tree: dict[str, dict[str, list[Run]]] = {}
    for run in runs:
        tree.setdefault(run.dataset, {}).setdefault(run.model, []).append(run)
    return [
        Dataset(
            dataset,
            tuple(Model(name, tuple(sorted(found, key=lambda run: run.seed))) for name, found in models.items()),
        )
        for dataset, models in tree.items()
    ]
