"""The files of a sweep: a table with a line for each setting, one with a line for each run, and all of it as JSON."""

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sciml.config.sweep_settings import Cell, SweepJob
from sciml.io.atomic import atomic_file
from sciml.report.sweeps.lines import Line, Mean, read_lines, score_names
from sciml.report.sweeps.scores import finite


def write_sweep(job: SweepJob, table: Path, runs: Path | None, record: Path | None) -> None:
    """Write what is there of a sweep, each file atomically.

    Args:
        job: what the rows are and where their scores should be.
        table: a line for each setting, mean and interval over seeds, as text with tabs.
        runs: a line for each run.
        record: all of it, as JSON.
    """
    lines = read_lines(job)
    names = score_names(lines)
    _write_table(table, _means(job, lines, names))
    if runs:
        _write_table(runs, _runs(job, lines, names))
    if record:
        _write(record, json.dumps(_record(job, lines, names), indent=1, allow_nan=False) + "\n")


def _means(job: SweepJob, lines: Sequence[Line], names: Sequence[str]) -> Iterable[list[str]]:
    intervals = any(len(line.done) > 1 for line in lines)
    parts = ("", ".low", ".high") if intervals else ("",)
    yield [*job.columns, "model", "experiment", "seeds", *(name + part for name in names for part in parts), "missing"]
    for line in lines:
        seeds = " ".join(str(run.seed) for run in line.done)
        means = [line.mean(name) for name in names]
        numbers = [text for mean in means for text in _ends(mean)[: len(parts)]]
        yield [*_settings(job, line), line.model, line.dataset, seeds, *numbers, line.missing]


def _runs(job: SweepJob, lines: Sequence[Line], names: Sequence[str]) -> Iterable[list[str]]:
    yield [*job.columns, "seed", "model", "directory", *names, "missing"]
    for line in lines:
        for run in line.runs:
            numbers = [_number(run.scores.get(name, math.nan)) for name in names]
            yield [*_settings(job, line), str(run.seed), line.model, run.directory, *numbers, run.missing]


def _record(job: SweepJob, lines: Sequence[Line], names: Sequence[str]) -> dict[str, Any]:
    return {
        "sweep": job.sweep,
        "domain": job.domain,
        "experiment": job.experiment,
        "columns": list(job.columns),
        "scores": list(names),
        "lines": [
            {
                "settings": line.settings,
                "dataset": line.dataset,
                "model": line.model,
                "seeds": [run.seed for run in line.done],
                "missing": line.missing,
                "scores": {name: _mean(line.mean(name)) for name in names},
                "runs": [
                    {
                        "row": run.row,
                        "seed": run.seed,
                        "directory": run.directory,
                        "missing": run.missing,
                        "scores": {name: finite(value) for name, value in run.scores.items()},
                    }
                    for run in line.runs
                ],
            }
            for line in lines
        ],
    }


def _mean(value: Mean) -> dict[str, float | None]:
    """Mean, and the ends of its interval."""
    low, high = value.mean - value.half, value.mean + value.half
    return {"mean": finite(value.mean), "low": finite(low), "high": finite(high)}


def _ends(value: Mean) -> tuple[str, str, str]:
    return _number(value.mean), _number(value.mean - value.half), _number(value.mean + value.half)


def _settings(job: SweepJob, line: Line) -> list[str]:
    return [_cell(line.settings[column]) if column in line.settings else "" for column in job.columns]


def _number(value: float) -> str:
    return f"{value:.6g}" if math.isfinite(value) else ""


def _cell(value: Cell) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _write_table(path: Path, rows: Iterable[Sequence[str]]) -> None:
    _write(path, "".join("\t".join(" ".join(cell.split()) for cell in row) + "\n" for row in rows))


def _write(path: Path, text: str) -> None:
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
