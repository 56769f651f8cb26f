"""The tables of scores of generated sequences and of oracles."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sciml.report.grouping import average
from sciml.report.numbers import count, number
from sciml.report.sequences.columns import SequenceColumn, columns_of, three_decimals
from sciml.report.sequences.compare import known_mean
from sciml.report.sequences.describe import how
from sciml.report.sequences.runs import Oracle, SequenceDataset, SequenceRun
from sciml.report.sequences.scores import HELD_OUT, SEEN, Estimate
from sciml.report.tables import Cell, Header, Row, Table

REAL = "real sequences"
_SIGNS = {"above": "▲", "below": "▼"}


@dataclass(frozen=True)
class MarkedCell(Cell):
    """A cell that may lie `above` or `below` what real sequences have."""

    mark: str = ""


@dataclass(frozen=True)
class MarkedRow(Row):
    """A row that may be of a model whose fine-tuning stopped by its alarm."""

    mark: str = ""


def main_table(dataset: SequenceDataset) -> Table:
    """A row of real sequences, and one a method."""
    columns = columns_of(dataset)
    real = Row((REAL, "median or mean"), tuple(_real(column, dataset.runs) for column in columns))
    rows = (
        MarkedRow(
            (model.name, how(model)),
            tuple(_cell(column, model.runs) for column in columns),
            mark="alarm" if any(run.alarm for run in model.runs) else "",
        )
        for model in dataset.models
    )
    return Table(tuple(Header(column.group, column.label, "") for column in columns), (real, *rows))


def oracle_table(dataset: SequenceDataset) -> Table | None:
    """A row an oracle, averaged over seeds; None if nothing is known of them."""
    oracles = oracles_of(dataset)
    names = [name for name in _QUALITIES if any(name in one.qualities for found in oracles.values() for one in found)]
    kinds = list(dict.fromkeys(kind for found in oracles.values() for one in found for kind in one.counts))
    rows = tuple(
        Row(
            (name, _role(name)),
            (
                *(_quality(name, found) for name in names),
                *(Cell(count(average(one.counts.get(kind, 0) for one in found).mean)) for kind in kinds),
                Cell(count(average(one.parameters for one in found).mean)),
                Cell(number(average(one.cpu_seconds for one in found).mean)),
            ),
        )
        for name, found in oracles.items()
    )
    labels = (*(_QUALITIES[name] for name in names), *kinds)
    heads = (Header("On the half of the data that it did not learn from", label, "") for label in labels)
    costs = (Header("Training", "parameters", ""), Header("Training", "CPU s", ""))
    return Table((*heads, *costs), rows) if rows else None


def oracles_of(dataset: SequenceDataset) -> dict[str, list[Oracle]]:
    """Those of all seeds by name, each seed once."""
    by_seed = {run.seed: run.oracles for run in dataset.runs}
    found: dict[str, list[Oracle]] = {}
    for seed in sorted(by_seed):
        for oracle in by_seed[seed]:
            found.setdefault(oracle.name, []).append(oracle)
    return found


_QUALITIES = {
    "auc": "AUC, classes",
    "auc_shuffles": "AUC, shuffles",
    "spearman": "Spearman",
    "pearson": "Pearson",
}


def _role(name: str) -> str:
    return "seen by the optimiser" if name == SEEN else "held out" if name in HELD_OUT else ""


def _quality(name: str, oracles: Sequence[Oracle]) -> Cell:
    found = [oracle.qualities[name] for oracle in oracles if name in oracle.qualities]
    mean = three_decimals(average(one.value for one in found).mean) if found else ""
    return Cell(mean, uncertainty(found, three_decimals) if found else "")


def _cell(column: SequenceColumn, runs: Sequence[SequenceRun]) -> MarkedCell:
    """The mean over seeds with their deviation; of one seed, its value with the interval."""
    estimates = [column.of(run) for run in runs]
    text = column.text(average(one.value for one in estimates).mean)
    side = _side(column, runs)
    return MarkedCell(
        f"{_SIGNS[side]}\N{NO-BREAK SPACE}{text}" if side else text, uncertainty(estimates, column.text), mark=side
    )


def _side(column: SequenceColumn, runs: Sequence[SequenceRun]) -> str:
    """On which the first run that is outside the band of real sequences lies; empty if none is."""
    verdicts = (run.score.verdicts[column.verdict] for run in runs if column.verdict in run.score.verdicts)
    return next((verdict.side for verdict in verdicts if verdict.outside), "")


def uncertainty(estimates: Sequence[Estimate], text: Callable[[float], str]) -> str:
    """The deviation over seeds; of one seed the ends of the interval; empty where neither is known."""
    if len(estimates) > 1:
        deviation = average(estimate.value for estimate in estimates).deviation
        return f"±\N{NO-BREAK SPACE}{text(deviation)}" if deviation == deviation else ""
    low, high = estimates[0].low, estimates[0].high
    return _range(text(low), text(high)) if low == low and high == high else ""


def _range(low: str, high: str) -> str:
    """Over two lines of a narrow column, if it must be."""
    return f"{low} to\N{NO-BREAK SPACE}{high}"


def _real(column: SequenceColumn, runs: Sequence[SequenceRun]) -> Cell:
    """The floor, with the band of real sequences or with its own interval; averages over runs."""
    found = [column.of(run) for run in runs]
    floor = known_mean(one.floor for one in found)
    if floor != floor:
        return Cell("")
    ends = _band(column, runs) if column.band else [(one.floor_low, one.floor_high) for one in found]
    low, high = (known_mean(side) for side in zip(*ends, strict=True))
    return Cell(column.text(floor), _range(column.text(low), column.text(high)))


def _band(column: SequenceColumn, runs: Sequence[SequenceRun]) -> list[tuple[float, float]]:
    verdicts = (run.score.verdicts[column.verdict] for run in runs if column.verdict in run.score.verdicts)
    return [(verdict.low, verdict.high) for verdict in verdicts]
