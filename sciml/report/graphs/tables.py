"""The tables of scores of generated graphs."""

from collections.abc import Callable, Sequence

from sciml.report.graphs.columns import GraphColumn, columns_of, four_decimals, milliseconds
from sciml.report.graphs.runs import Estimate, GraphDataset, GraphModel, GraphScore
from sciml.report.grouping import Average, average
from sciml.report.numbers import count, number, whole
from sciml.report.tables import Cell, Header, Row, Table

TRAINING = "training set"
_COSTS = (Header("", "calls", ""), Header("", "ms a graph", ""))


def competing(dataset: GraphDataset) -> Sequence[GraphModel]:
    """The models that are meant to be like the test set: those that are led elsewhere are not, unless all are."""
    return [model for model in dataset.models if not model.first.steered] or dataset.models


def main_table(dataset: GraphDataset) -> Table:
    """A row a model, and one of the training set: the floor."""
    columns, compared = columns_of(dataset), competing(dataset)
    bests = [_best(column, compared) for column in columns]
    rows = [
        Row(
            (model.name, model.first.main.solver),
            (
                *_costs([run.main for run in model.runs]),
                *(
                    _cell([run.main.estimate(c.name) for run in model.runs], c, best if model in compared else None)
                    for c, best in zip(columns, bests, strict=True)
                ),
                Cell(number(model.average(lambda run: run.manifest.cpu_seconds).mean)),
                Cell(count(model.first.manifest.parameters)),
            ),
        )
        for model in dataset.models
    ]
    floors = [average(run.main.estimate(column.name).floor for run in dataset.runs).mean for column in columns]
    cells = (*_blank(2), *(_floor(value, column) for value, column in zip(floors, columns, strict=True)), *_blank(2))
    heads = tuple(Header(column.group, column.label, "") for column in columns)
    costs = (Header("Training", "CPU s", ""), Header("Training", "parameters", ""))
    return Table((*_COSTS, *heads, *costs), (*rows, Row((TRAINING, ""), cells)))


def published_table(dataset: GraphDataset) -> Table:
    """The numbers that papers print, biased by the number of graphs, for comparison with such."""
    molecules = dataset.first.molecules
    names = [c for c in columns_of(dataset) if (c.name == "nspdk" if molecules else c.group.startswith("Squared"))]
    rows = [
        Row(
            (model.name,),
            tuple(_published([run.main.estimate(column.name) for run in model.runs], molecules) for column in names),
        )
        for model in dataset.models
    ]
    floors = tuple(
        Cell(four_decimals(average(run.main.estimate(c.name).floor_biased for run in dataset.runs).mean)) for c in names
    )
    group = "NSPDK MMD, biased" if molecules else "Squared MMD, biased, mean over subsets of the test set's size"
    heads = tuple(Header(group, "all generated" if molecules else c.label, "") for c in names)
    return Table(heads, (*rows, Row((TRAINING,), floors)))


def solver_scores(model: GraphModel) -> list[list[GraphScore]]:
    """The scores of all seeds by solver and number of calls, fewest first within a solver."""
    found: dict[tuple[str, float], list[GraphScore]] = {}
    for run in model.runs:
        for score in run.compared:
            found.setdefault((score.solver, score.nfe), []).append(score)
    return sorted(found.values(), key=lambda scores: (scores[0].solver.partition(",")[0], scores[0].nfe))


def solver_table(dataset: GraphDataset) -> Table | None:
    """A row for each model, solver and number of calls; None if solvers were not compared."""
    columns = columns_of(dataset)
    rows = [
        Row(
            (model.name, scores[0].solver),
            (
                *_costs(scores),
                Cell(whole(scores[0].count)),
                *(_cell([score.estimate(column.name) for score in scores], column) for column in columns),
            ),
        )
        for model in dataset.models
        for scores in solver_scores(model)
    ]
    heads = tuple(Header(column.group, column.label, "") for column in columns)
    return Table((*_COSTS, Header("", "graphs", ""), *heads), tuple(rows)) if rows else None


def _costs(scores: Sequence[GraphScore]) -> tuple[Cell, Cell]:
    return Cell(whole(scores[0].nfe)), Cell(number(average(map(milliseconds, scores)).mean))


def _cell(estimates: Sequence[Estimate], column: GraphColumn, best: float | None = None) -> Cell:
    """The mean over seeds with their deviation; of one seed, its value with the interval."""
    mean = average(estimate.value for estimate in estimates)
    return Cell(column.text(mean.mean), _uncertainty(estimates, mean, column.text), mean.mean == best)


def _uncertainty(estimates: Sequence[Estimate], mean: Average, text: Callable[[float], str]) -> str:
    if len(estimates) > 1:
        return f"± {text(mean.deviation)}"
    low, high = estimates[0].low, estimates[0].high
    return f"{text(low)} to {text(high)}" if low == low and high == high else ""


def _best(column: GraphColumn, models: Sequence[GraphModel]) -> float | None:
    """The best mean of a column in which at least two models compete."""
    means = [mean.mean for model in models if (mean := _mean(column, model)).finite]
    return max(means, key=lambda mean: column.better * mean) if column.better and len(means) > 1 else None


def _mean(column: GraphColumn, model: GraphModel) -> Average:
    return model.average(lambda run: run.main.estimate(column.name).value)


def _published(estimates: Sequence[Estimate], molecules: bool) -> Cell:
    """Of one seed with the deviation over subsets, of several with that over seeds."""
    mean = average(estimate.biased if molecules else estimate.published for estimate in estimates)
    spread = mean.deviation if len(estimates) > 1 else estimates[0].published_deviation
    return Cell(four_decimals(mean.mean), f"± {four_decimals(spread)}" if spread == spread else "")


def _floor(value: float, column: GraphColumn) -> Cell:
    return Cell(column.text(value) if value == value else "")


def _blank(cells: int) -> tuple[Cell, ...]:
    return (Cell(""),) * cells
