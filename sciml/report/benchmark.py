"""The benchmark of solvers on problems with exact answers, as `benchmarks/solvers.py` writes it."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sciml.io.errors import InputError
from sciml.report.numbers import number
from sciml.report.record import Record, read_record
from sciml.report.tables import Cell, Header, Row, Table


@dataclass(frozen=True)
class Benchmark:
    """A table, a row for each problem and who solved it, and the plot as a data address."""

    table: Table
    plot: str


def load_benchmark(file: Path) -> Benchmark:
    """Read summary and plot.

    Raises:
        InputError: a file is missing or malformed; names file and key.
    """
    summary = read_record(file).mapping("summary")
    problems = [_record(file, f"summary.{name}", curves) for name, curves in summary.items()]
    calls = sorted(
        {n for problem in problems for curve in problem.values for n in _curve(problem, curve).values}, key=_whole
    )
    rows = [row for problem, name in zip(problems, summary, strict=True) for row in _rows(problem, name, calls)]
    return Benchmark(Table(tuple(Header("Error by network calls", n, "") for n in calls), tuple(rows)), _plot(file))


def _rows(problem: Record, name: str, calls: Sequence[str]) -> list[Row]:
    curves = {curve: _curve(problem, curve) for curve in problem.values}
    errors = {
        curve: {n: _record(entry.file, f"{entry.where}.{n}", entry.any(n)).number("error") for n in entry.values}
        for curve, entry in curves.items()
    }
    best = {
        n: min(found[n] for found in errors.values() if n in found) for n in calls if any(n in e for e in errors.values())
    }
    return [
        Row(
            (name, curve), tuple(Cell(number(found[n]), best=found[n] == best[n]) if n in found else Cell("") for n in calls)
        )
        for curve, found in errors.items()
    ]


def _curve(problem: Record, name: str) -> Record:
    return _record(problem.file, f"{problem.where}.{name}", problem.any(name))


def _record(file: Path, where: str, value: object) -> Record:
    if not isinstance(value, dict):
        raise InputError(f"{file}: `{where}` must be an object, got {str(value)[:60]!r}")
    return Record(file, where, value)


def _whole(calls: str) -> int:
    return int(calls) if calls.isdecimal() else 0


def _plot(file: Path) -> str:
    picture = file.with_suffix(".svg")
    try:
        return "data:image/svg+xml;base64," + base64.b64encode(picture.read_bytes()).decode("ascii")
    except OSError as error:
        raise InputError(f"{picture}: cannot be read ({error.strerror})") from error
