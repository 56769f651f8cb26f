"""The tables of scores: rows, averages over seeds, and what is best."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sciml.report.columns import MAIN, SOLVER, Column
from sciml.report.grouping import Average, average
from sciml.report.numbers import deviation, number, whole
from sciml.report.runs import Dataset, Model, Score
from sciml.report.units import to_power, unit_of


@dataclass(frozen=True)
class Cell:
    """A number as text, its deviation over seeds, and whether it is the best of its column."""

    text: str
    deviation: str = ""
    best: bool = False


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
                _cell(model.average(column.value), best, column.text) for column, best in zip(columns, bests, strict=True)
            ),
        )
        for model in dataset.models
    )
    unit = unit_of(dataset)
    return Table(tuple(Header(c.group, c.label, to_power(unit, c.power)) for c in columns), tuple(rows))


def _cell(value: Average, best: float | None = None, text: Callable[[float], str] = number) -> Cell:
    return Cell(text(value.mean), deviation(value) if text is number else "", value.mean == best)


def _filled(value: float) -> bool:
    return value == value


def _best(column: Column, models: Iterable[Model]) -> float | None:
    """The best mean of a column in which at least two models compete."""
    means = [mean.mean for model in models if (mean := model.average(column.value)).finite]
    return min(means, key=column.loss) if column.loss and len(means) > 1 else None


def solver_scores(model: Model) -> dict[str, list[Score]]:
    """The scores of all seeds by solver and number of calls; a main score stands alone, its windows may differ."""
    found: dict[tuple[str, bool], list[Score]] = {}
    for run in model.runs:
        for score in run.scores:
            found.setdefault((score.solver, score.main), []).append(score)
    ordered = sorted(found.items(), key=lambda item: (item[0][0].partition(",")[0], item[1][0].nfe, not item[0][1]))
    return {solver + (" (main table)" if main else ""): scores for (solver, main), scores in ordered}


def solver_table(dataset: Dataset) -> Table | None:
    """A row for each model and solver, of the models sampled with several; None if there are none."""
    rows = [
        Row((model.name, solver + _picked(scores)), (*_sizes(scores[0]), *_solver_cells(scores)))
        for model in dataset.models
        if len(model.runs[0].scores) > 1
        for solver, scores in solver_scores(model).items()
    ]
    unit = unit_of(dataset)
    sizes = tuple(Header("", label, "") for label in ("calls", "samples", "windows"))
    heads = tuple(Header("", label, to_power(unit, power)) for label, power, _ in SOLVER)
    return Table((*sizes, *heads), tuple(rows)) if rows else None


def _picked(scores: list[Score]) -> str:
    """What `auto` stood for, where it was one thing in all seeds."""
    picked = {score.picked for score in scores}
    return f": {picked.pop()}" if len(picked) == 1 and "" not in picked else ""


def _sizes(score: Score) -> tuple[Cell, ...]:
    return tuple(Cell(whole(value)) for value in (score.nfe, score.members, score.windows))


def _solver_cells(scores: list[Score]) -> Iterable[Cell]:
    return (_cell(average(value(score) for score in scores)) for _, _, value in SOLVER)
