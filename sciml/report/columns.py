"""The numbers that are compared, and which way is better."""

from collections.abc import Callable
from dataclasses import dataclass

from sciml.report.numbers import count, number
from sciml.report.runs import Run, Score


@dataclass(frozen=True)
class Column:
    """A column: a number of each run.

    Args:
        group: of columns, the upper header.
        label: the lower header.
        power: of the fields' unit.
        value: the number.
        loss: what is best has the lowest; None where there is no best.
        text: formats the mean.
    """

    group: str
    label: str
    power: int
    value: Callable[[Run], float]
    loss: Callable[[float], float] | None = float
    text: Callable[[float], str] = number


def mse_mean4(score: Score) -> float:
    """MSE of the mean of 4 samples; a deterministic forecast is its own mean."""
    return score.mse if score.deterministic else score.mse_mean4


def mse_mean(score: Score) -> float:
    """MSE of the mean of all samples; a deterministic forecast is its own mean."""
    return score.mse if score.deterministic else score.mse_mean


def score_crps(score: Score) -> float:
    """The CRPS; that of a deterministic forecast is its absolute error."""
    return score.mae if score.deterministic else score.crps


MAIN = (
    Column("Mean square error", "one sample", 2, lambda run: run.main.mse),
    Column("Mean square error", "mean of 4", 2, lambda run: mse_mean4(run.main)),
    Column("Mean square error", "mean of all", 2, lambda run: mse_mean(run.main)),
    Column("Other errors of one sample", "MAE", 1, lambda run: run.main.mae),
    Column("Other errors of one sample", "relative L2", 0, lambda run: run.main.relative_l2),
    Column("Other errors of one sample", "L-infinity", 1, lambda run: run.main.largest_error),
    Column("Other errors of one sample", "MSE at shock", 2, lambda run: run.main.shock_mse),
    Column("Distribution", "CRPS", 1, lambda run: score_crps(run.main)),
    Column("Distribution", "spread / skill", 0, lambda run: run.main.spread_skill, lambda value: abs(value - 1)),
    Column("Cost", "training CPU-s", 0, lambda run: run.manifest.cpu_seconds, None),
    Column("Cost", "CPU-s per trajectory", 0, lambda run: run.main.seconds_per_sample, None),
    Column("Cost", "parameters", 0, lambda run: run.manifest.parameters, None, count),
)

SOLVER: tuple[tuple[str, int, Callable[[Score], float]], ...] = (
    ("MSE, one sample", 2, lambda score: score.mse),
    ("MSE, mean of all", 2, mse_mean),
    ("CRPS", 1, score_crps),
    ("spread / skill", 0, lambda score: score.spread_skill),
    ("distance from the reference", 1, lambda score: score.distance),
    ("CPU-s per trajectory", 0, lambda score: score.seconds_per_sample),
)
