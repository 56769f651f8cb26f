"""The lines of a sweep: settings, scores of each seed, and their mean with its interval."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from scipy.special import stdtrit

from sciml.config.sweep_settings import Cell, SweepJob, SweepLineConfig, SweepRunConfig
from sciml.io.errors import InputError
from sciml.report.grouping import average
from sciml.report.sweeps.scores import read_scores, why_missing

LEVEL = 0.95


@dataclass(frozen=True)
class Mean:
    """Over seeds, with half the width of its interval of 95 %, by Student's t; nan of one seed."""

    mean: float
    half: float


@dataclass(frozen=True)
class SweepRun:
    """One seed: its scores, or why there are none."""

    row: str
    seed: int
    directory: str
    scores: dict[str, float]
    missing: str


@dataclass(frozen=True)
class Line:
    """Runs that differ by their seed alone."""

    settings: dict[str, Cell]
    dataset: str
    model: str
    runs: tuple[SweepRun, ...]

    @property
    def done(self) -> list[SweepRun]:
        """Those that have scores."""
        return [run for run in self.runs if not run.missing]

    @property
    def missing(self) -> str:
        """Why others have none, as one line; empty where all have."""
        reasons: dict[str, list[int]] = {}
        for run in self.runs:
            if run.missing:
                reasons.setdefault(run.missing, []).append(run.seed)
        return "; ".join(f"seed {', '.join(map(str, seeds))}: {reason}" for reason, seeds in reasons.items())

    def mean(self, score: str) -> Mean:
        """Of a score over the seeds that are done; nan if one of them lacks it, for nothing is left out in silence."""
        return mean_interval(run.scores.get(score, math.nan) for run in self.done)


def mean_interval(values: Iterable[float]) -> Mean:
    """m and t_{n-1}(0.975) s / sqrt(n), of the standard deviation s of n values."""
    found = list(values)
    if not found:
        return Mean(math.nan, math.nan)
    both, n = average(found), len(found)
    half = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * both.deviation / math.sqrt(n) if n > 1 else math.nan
    return Mean(both.mean, half)


def read_lines(job: SweepJob) -> list[Line]:
    """What is there of a sweep."""
    return [
        Line(line.settings, line.dataset, line.model, tuple(_read(run, line) for run in line.runs)) for line in job.lines
    ]


def score_names(lines: Iterable[Line]) -> list[str]:
    """All scores that some run has, in their order of first appearance."""
    return list(dict.fromkeys(name for line in lines for run in line.runs for name in run.scores))


def _read(run: SweepRunConfig, line: SweepLineConfig) -> SweepRun:
    file, scores = Path(run.directory, "evaluation.json"), {}
    missing = "" if file.exists() else line.left_out or why_missing(run)
    try:
        scores = read_scores(file) if not missing else {}
    except InputError as error:
        missing = str(error)
    return SweepRun(run.row, run.seed, run.directory, scores, " ".join(missing.split()))
