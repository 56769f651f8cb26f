"""Quality of generated sequences against network calls: scores solver by solver, their table, and what they say."""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import NamedTuple

from sciml.report.curves import family
from sciml.report.graphs.columns import percent
from sciml.report.grouping import average
from sciml.report.numbers import number, whole
from sciml.report.sequences.columns import three_decimals, two_decimals
from sciml.report.sequences.compare import known_mean
from sciml.report.sequences.runs import SequenceDataset, SequenceModel
from sciml.report.sequences.scores import Estimate, SolverScore
from sciml.report.sequences.tables import REAL, uncertainty
from sciml.report.tables import Cell, Header, Row, Table

NLL = "nll"
_WORDS = "3\N{NON-BREAKING HYPHEN}mers"


class _Column(NamedTuple):
    """A column: upper and lower header, the score, and how it is written."""

    group: str
    label: str
    name: str
    text: Callable[[float], str]


_COLUMNS = (
    _Column("−log p", "nats a letter", NLL, three_decimals),
    _Column("Pearson", _WORDS, "kmer_pearson", three_decimals),
    _Column("Pearson", "motifs", "motifs.pearson", three_decimals),
    _Column("Motifs", "sites a sequence", "motifs.density", two_decimals),
    _Column("Variety, %", "unique", "unique", percent),
    _Column("Variety, %", "novel", "novel", percent),
)
_COSTS = (Header("Cost", "calls", ""), Header("Cost", "CPU ms", ""), Header("", "sequences", ""))


def compared(dataset: SequenceDataset) -> list[SequenceModel]:
    """The models on which solvers were compared."""
    return [model for model in dataset.models if any(run.compared for run in model.runs)]


def by_solver(model: SequenceModel) -> dict[str, list[list[SolverScore]]]:
    """The scores of all seeds at each number of calls, fewest first, by solver without its steps."""
    found: dict[str, dict[float, list[SolverScore]]] = {}
    for run in model.runs:
        for score in run.compared:
            found.setdefault(family(score.solver), {}).setdefault(score.nfe, []).append(score)
    return {solver: [scores[calls] for calls in sorted(scores)] for solver, scores in found.items()}


def named(scores: Sequence[SolverScore], name: str) -> list[Estimate]:
    """One score of each seed."""
    return [score.nll if name == NLL else score.score.estimate(name) for score in scores]


def likeness_of(dataset: SequenceDataset) -> tuple[str, str]:
    """The score that tells most of likeness to test sequences, and its name: motifs are lost before short words are."""
    scores = [score for run in dataset.runs for score in run.compared]
    motifs = any(isfinite(one.value) for one in named(scores, "motifs.pearson"))
    return ("motifs.pearson", "motifs") if motifs else ("kmer_pearson", _WORDS)


def solver_table(dataset: SequenceDataset) -> Table | None:
    """A row for each model, solver and number of calls, and one of real sequences; None if solvers were not compared."""
    rows = [(model.name, scores) for model in compared(dataset) for found in by_solver(model).values() for scores in found]
    everything = [score for _, scores in rows for score in scores]
    columns = [column for column in _COLUMNS if any(isfinite(one.value) for one in named(everything, column.name))]
    real = (Cell(column.text(known_mean(one.floor for one in named(everything, column.name)))) for column in columns)
    lines = (
        Row((name, scores[0].solver), (*_costs(scores), *(_cell(scores, column) for column in columns)))
        for name, scores in rows
    )
    heads = (Header(column.group, column.label, "") for column in columns)
    first = Row((REAL, ""), (*(Cell("") for _ in _COSTS), *real))
    return Table((*_COSTS, *heads), (first, *lines)) if rows else None


def fewest_calls(dataset: SequenceDataset) -> str | None:
    """Of each model, the calls after which it comes nearest to test sequences in nats a letter, and with which fewer do."""
    parts = [text for model in compared(dataset) if (text := _enough(model))]
    return f"In nats a letter under the model itself, {'; '.join(parts)}." if parts else None


def _enough(model: SequenceModel) -> str | None:
    rows = [scores for found in by_solver(model).values() for scores in found if isfinite(_distance(scores))]
    if len({scores[0].nfe for scores in rows}) < 2:
        return None
    best = min(rows, key=_distance)
    limit = max(abs(end - one.floor) for one in named(best, NLL) for end in (one.low, one.high))
    few = min(
        (scores for scores in rows if _distance(scores) <= limit), key=lambda scores: (scores[0].nfe, _distance(scores))
    )
    floor = three_decimals(average(one.floor for one in named(best, NLL)).mean)
    text = f"what {model.name} makes comes nearest to test sequences ({floor}) by {_calls(best)}"
    if few[0].nfe < best[0].nfe:
        return f"{text}, and {_calls(few)} stay within the interval of that"
    fewer = any(scores[0].nfe < best[0].nfe for scores in rows)
    return f"{text}, {'and fewer leave the interval of that' if fewer else 'the fewest that were tried'}"


def _calls(scores: Sequence[SolverScore]) -> str:
    text = f"{whole(scores[0].nfe)} network calls with {family(scores[0].solver)}"
    return f"{text} ({three_decimals(_mean(scores, NLL))})"


def _distance(scores: Sequence[SolverScore]) -> float:
    """Of the nats a letter from those of test sequences."""
    return abs(average(one.value - one.floor for one in named(scores, NLL)).mean)


def _mean(scores: Sequence[SolverScore], name: str) -> float:
    return average(one.value for one in named(scores, name)).mean


def _costs(scores: Sequence[SolverScore]) -> tuple[Cell, ...]:
    seconds = average(score.seconds_per_sequence for score in scores).mean
    made = average(score.score.counts["generated"] for score in scores).mean
    return Cell(whole(scores[0].nfe)), Cell(number(1000 * seconds)), Cell(whole(made))


def _cell(scores: Sequence[SolverScore], column: _Column) -> Cell:
    return Cell(column.text(_mean(scores, column.name)), uncertainty(named(scores, column.name), column.text))
