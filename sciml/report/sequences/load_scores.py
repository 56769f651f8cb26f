"""Reading what `Judge` of sequences says: estimates, verdicts, warnings; of one set, or of those of several solvers."""

import math
from pathlib import Path

from sciml.io.errors import InputError
from sciml.report.record import Record, read_record
from sciml.report.sequences.scores import Estimate, SequenceScore, SolverScore, Verdict

_SINGLE = ("kmer_pearson", "diversity", "unique", "novel", "nearest_training", "gc")
_NEEDED = ("kmer_pearson", "diversity", "unique", "novel")
_NESTED = ("rewards", "motifs", "typical_set")
_SIDES = ("below", "inside", "above")


def read_score(record: Record) -> SequenceScore:
    """The scores of one set of generated sequences.

    Raises:
        InputError: naming file and key.
    """
    counts, verdicts = record.record("counts"), record.record("verdicts")
    return SequenceScore(
        counts={name: counts.integer(name) for name in ("generated", "floor", "reference", "training")},
        estimates=_estimates(record),
        verdicts={name: _verdict(verdicts.record(name)) for name in verdicts.values},
        warnings=texts(record, "warnings"),
    )


def read_solver_scores(file: Path) -> tuple[SolverScore, ...]:
    """What `sciml compare` wrote; nothing where it was not asked.

    Raises:
        InputError: naming file and key.
    """
    return tuple(_solver(record) for record in read_record(file).records("rows")) if file.exists() else ()


def _solver(record: Record) -> SolverScore:
    return SolverScore(
        solver=record.text("solver"),
        nfe=record.number("nfe"),
        seconds_per_sequence=record.number("seconds_per_sequence"),
        nll=estimate(record.record("nll")),
        score=read_score(record.record("scores")),
    )


def estimate(record: Record) -> Estimate:
    """A value with what is known of its interval and floor; a null is nan."""
    low, high = _interval(record, "interval")
    floor_low, floor_high = _interval(record, "floor_interval")
    floor = record.number("floor") if "floor" in record.values else math.nan
    return Estimate(record.number("value"), low, high, floor, floor_low, floor_high)


def texts(record: Record, key: str) -> tuple[str, ...]:
    """A list of strings."""
    found = record.any(key)
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        path = f"{record.where}.{key}" if record.where else key
        raise InputError(f"{record.file}: `{path}` must be a list of texts, got {str(found)[:60]!r}")
    return tuple(found)


def _estimates(record: Record) -> dict[str, Estimate]:
    """Of all that was scored; names of what is nested are joined by dots."""
    found = {name: estimate(record.record(name)) for name in _SINGLE if name in record.values or name in _NEEDED}
    for group in (name for name in _NESTED if name in record.values):
        inner = record.record(group)
        found |= {f"{group}.{name}": estimate(inner.record(name)) for name in inner.values if name != "named"}
        if "named" in inner.values:
            named = inner.record("named")
            found |= {f"{group}.named.{name}": estimate(named.record(name)) for name in named.values}
    return found


def _verdict(record: Record) -> Verdict:
    band, side = record.record("band"), record.text("side")
    if side not in _SIDES:
        raise InputError(f"{record.file}: `{record.where}.side` must be below, inside or above, got {side[:60]!r}")
    return Verdict(record.number("median"), band.number("low"), band.number("high"), side)


def _interval(record: Record, key: str) -> tuple[float, float]:
    """Both nan where there is none."""
    if record.values.get(key) is None:
        return math.nan, math.nan
    ends = record.numbers(key)
    if len(ends) != 2:
        raise InputError(f"{record.file}: `{record.where}.{key}` must be two numbers, got {len(ends)}")
    return ends[0], ends[1]
