"""The numbers of one run of a sweep, whatever its domain, or why there are none."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sciml.config.sweep_settings import SweepRunConfig
from sciml.io.errors import InputError
from sciml.io.seal import MADE_BY
from sciml.report.record import Record, read_record

_NO_SCORES = ("seed", "members", "windows", "count", "alpha")
_COSTS = ("nfe", "seconds_per_sample")
_TAIL = 4096  # bytes at the end of a log
_LONGEST = 300  # characters of its last line


def read_scores(file: Path) -> dict[str, float]:
    """The scores in evaluation.json, by name; names of what is nested are joined by dots.

    Raises:
        InputError: the file is missing or malformed.
    """
    record = read_record(file)
    if isinstance(record.any("scores"), list):
        mains = [score for score in record.records("scores") if score.flag("main")]
        if len(mains) != 1:
            raise InputError(f"{file}: exactly one of `scores` must have `main` true, got {len(mains)}")
        found = sorted(_numbers(mains[0]), key=lambda entry: entry[0] in _COSTS)  # stable: costs go last
        return dict(found)
    top = {name: value for name, value in record.values.items() if name not in ("scores", MADE_BY)}
    estimates = dict(_values("", record.mapping("scores"))) | dict(_values("", top))
    return estimates | dict(_reached(record)) | dict(_numbers(record))


def _numbers(record: Record) -> Iterator[tuple[str, float]]:
    for name, value in record.values.items():
        if isinstance(value, int | float) and not isinstance(value, bool) and name not in _NO_SCORES:
            yield name, record.number(name)


def _values(prefix: str, values: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Of estimates, which have a `value` beside their interval and floor."""
    for name, entry in values.items():
        if not isinstance(entry, dict):
            continue
        value = entry.get("value")
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield prefix + name, float(value)
        else:
            yield from _values(f"{prefix}{name}.", entry)


def _reached(record: Record) -> Iterator[tuple[str, float]]:
    if record.values.get("reached") is not None:
        yield "reached.mean_absolute_error", record.record("reached").number("mean_absolute_error")


def why_missing(run: SweepRunConfig) -> str:
    """The first stage of a run whose result is not there, with the last line of its log."""
    for stage in run.stages:
        if Path(stage.makes).exists():
            continue
        if not Path(stage.log).exists():
            return f"{stage.rule} did not begin"
        return f"{stage.rule} did not end: {_last_line(Path(stage.log)) or 'it said nothing'} ({stage.log})"
    return f"{run.directory}/evaluation.json is not there"


def _last_line(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.replace("\r", "\n").split("\n") if line.strip()]
    ends = [line for line in lines if line.startswith("sciml: ")] or lines  # libraries may have a last word after ours
    return ends[-1][:_LONGEST] if ends else ""


def finite(value: float) -> float | None:
    """JSON has no infinity and no not-a-number."""
    return value if math.isfinite(value) else None
