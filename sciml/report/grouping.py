"""What every domain's runs have in common, and how they are grouped by data set and model and averaged over seeds."""

import math
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


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
class AnyRun:
    """One training of one model on one data set with one seed."""

    directory: Path
    dataset: str
    model: str
    seed: int
    description: str | None
    manifest: Manifest
    training: Array  # (record, [CPU seconds, loss])

    @property
    def trained(self) -> bool:
        """Whether it was trained, not fitted in closed form."""
        return True

    @property
    def distilled(self) -> bool:
        """Whether it is a student of another model."""
        return "student" in self.manifest.config


R = TypeVar("R", bound=AnyRun)
R_co = TypeVar("R_co", bound=AnyRun, covariant=True)


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
class Model(Generic[R_co]):
    """All runs of a model on a data set, in the order of seeds."""

    name: str
    runs: tuple[R_co, ...]

    @property
    def first(self) -> R_co:
        """The run that speaks for what all seeds share."""
        return self.runs[0]

    def average(self, value: Callable[[R_co], float]) -> Average:
        """Mean and standard deviation over seeds."""
        return average(value(run) for run in self.runs)


def taught(models: Iterable[Model[Any]]) -> str:
    """Whose training is told of students, as a sentence; nothing where there are none."""
    names = [model.name for model in models if model.first.distilled]
    return (
        f" Training of {', '.join(names)}, distilled, counts what the teacher was asked, not its own training."
        if names
        else ""
    )


@dataclass(frozen=True)
class Dataset(Generic[R_co]):
    """All models of a data set, in the order in which they were given."""

    name: str
    models: tuple[Model[R_co], ...]

    @property
    def first(self) -> R_co:
        """The run that speaks for what all share: truth, axes, units."""
        return self.models[0].first

    @property
    def runs(self) -> list[R_co]:
        """The runs of all models."""
        return [run for model in self.models for run in model.runs]


def average(values: Iterable[float]) -> Average:
    """Mean and standard deviation; one number that is not finite makes the mean so: nothing is left out in silence."""
    found = list(values)
    if all(math.isfinite(value) for value in found):
        deviation = statistics.stdev(found) if len(found) > 1 else math.nan
        return Average(math.fsum(found) / len(found), deviation)
    return Average(math.nan if any(math.isnan(value) for value in found) else sum(found))


def group(runs: Iterable[R]) -> list[Dataset[R]]:
    """Data sets and their models in the order of first appearance, seeds sorted."""
    tree: dict[str, dict[str, list[R]]] = {}
    for run in runs:
        tree.setdefault(run.dataset, {}).setdefault(run.model, []).append(run)
    return [
        Dataset(
            dataset,
            tuple(Model(name, tuple(sorted(found, key=lambda run: run.seed))) for name, found in models.items()),
        )
        for dataset, models in tree.items()
    ]
