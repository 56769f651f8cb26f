"""The tables of scores: which columns, what is best."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sciml.report.numbers import count, number, plus_minus
from sciml.report.runs import Average, Dataset, Model, Run, Score, average

AXES = ("time", "x", "y")  # keys of `units` that name coordinates, not variables


@dataclass(frozen=True)
class Column:
    """A column: a number of each run.

    Args:
        group: of columns, the upper header.
        label: the lower header.
        power: of the fields' unit.
        value: the number.
        loss: what is best has the lowest; None where there is no best.
        text: formats the average.
    """

    group: str
    label: str
    power: int
    value: Callable[[Run], float]
    loss: Callable[[float], float] | None = float
    text: Callable[[Average], str] = plus_minus


@dataclass(frozen=True)
class Cell:
    """A number as text, and whether it is the best of its column."""

    text: str
    best: bool


@dataclass(frozen=True)
class Row:
    """A line of a table: its names and numbers."""

    names: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Header:
    """A column's head."""

    group: str
    label: str
    unit: str


@dataclass(frozen=True)
class Table:
    """Heads and rows."""

    headers: tuple[Header, ...]
    rows: tuple[Row, ...]

    @property
    def groups(self) -> list[tuple[str, int]]:
        """Upper heads with the number of columns below each."""
        spans: list[tuple[str, int]] = []
        for header in self.headers:
            if spans and spans[-1][0] == header.group:
                spans[-1] = (header.group, spans[-1][1] + 1)
            else:
                spans.append((header.group, 1))
        return spans


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
    Column("Cost", "CPU-s per trajectory", 0, lambda run: run.main.seconds_per_window, None),
    Column("Cost", "parameters", 0, lambda run: run.manifest.parameters, None, lambda value: count(value.mean)),
)


def main_table(dataset: Dataset) -> Table:
    """A row a model; columns that no model fills are left out."""
    columns = [
        column for column in MAIN if any(_filled(column.value(run)) for model in dataset.models for run in model.runs)
    ]
    bests = [_best(column, dataset.models) for column in columns]
    rows = (
        Row(
            (model.name,),
            tuple(
                Cell(column.text(mean := model.average(column.value)), mean.mean == best)
                for column, best in zip(columns, bests, strict=True)
            ),
        )
        for model in dataset.models
    )
    unit = unit_of(dataset)
    return Table(tuple(Header(c.group, c.label, _power(unit, c.power)) for c in columns), tuple(rows))


def _filled(value: float) -> bool:
    return value == value


def _best(column: Column, models: Iterable[Model]) -> float | None:
    """The best mean of a column in which at least two models compete."""
    means = [mean.mean for model in models if (mean := model.average(column.value)).finite]
    return min(means, key=column.loss) if column.loss and len(means) > 1 else None


SOLVER: tuple[tuple[str, int, Callable[[Score], float]], ...] = (
    ("MSE, one sample", 2, lambda score: score.mse),
    ("MSE, mean of all", 2, mse_mean),
    ("CRPS", 1, score_crps),
    ("spread / skill", 0, lambda score: score.spread_skill),
    ("CPU-s per trajectory", 0, lambda score: score.seconds_per_window),
)


def solver_scores(model: Model) -> dict[str, list[Score]]:
    """The scores of all seeds by solver, by number of calls; a main score has a label of its own, its windows differ."""
    found: dict[tuple[str, bool], list[Score]] = {}
    for run in model.runs:
        for score in run.scores:
            found.setdefault((score.solver, score.main), []).append(score)
    ordered = sorted(found.items(), key=lambda item: (item[0][0].partition(",")[0], item[1][0].nfe, not item[0][1]))
    return {solver + (" (main table)" if main else ""): scores for (solver, main), scores in ordered}


def solver_table(dataset: Dataset) -> Table | None:
    """A row for each model and solver, of the models sampled with several; None if there are none."""
    rows = [
        Row((model.name, solver), (*_sizes(scores[0]), *_solver_cells(scores)))
        for model in dataset.models
        if len(model.runs[0].scores) > 1
        for solver, scores in solver_scores(model).items()
    ]
    unit = unit_of(dataset)
    sizes = tuple(Header("", label, "") for label in ("calls", "samples", "windows"))
    return Table((*sizes, *(Header("", label, _power(unit, power)) for label, power, _ in SOLVER)), tuple(rows)) if rows else None


def _sizes(score: Score) -> tuple[Cell, ...]:
    return tuple(Cell(number(value) if value != round(value) else f"{value:.0f}", False) for value in (score.nfe, score.members, score.windows))


def _solver_cells(scores: list[Score]) -> Iterable[Cell]:
    return (Cell(plus_minus(average(value(score) for score in scores)), False) for _, _, value in SOLVER)


def unit_of(dataset: Dataset) -> str:
    """The unit all variables share; "" if they are non-dimensional."""
    units = {unit for name, unit in dataset.first.units.items() if name not in AXES}
    return units.pop().removeprefix("1") if len(units) == 1 else "mixed units" if units else ""


def _power(unit: str, power: int) -> str:
    if not power or not unit:
        return ""
    if power == 1 or unit == "mixed units":
        return unit
    return f"{unit}²" if unit.isalpha() else f"({unit})²"
