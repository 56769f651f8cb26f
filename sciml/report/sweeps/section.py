"""A sweep in the report: its table, and which of its rows are missing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from sciml.report.grouping import Average
from sciml.report.numbers import deviation, number
from sciml.report.record import Record, read_record
from sciml.report.tables import Cell, Header, Row, Table

# Which scores the report shows, and whether the lowest (-1), the highest (1) or none (0) of them is best.
SHOWN: dict[str, dict[str, int]] = {
    "pde": {"mse": -1, "mse_mean": -1, "crps": -1, "spread_skill": 0, "nfe": 0, "seconds_per_sample": 0},
    "graphs": {
        **{"mmd.mean": -1, "shares.connected": 1, "shares.valid": 1, "shares.vun": 1, "valid": 1, "unique": 1, "novel": 0},
        **{"fcd": -1, "nspdk": -1, "reached.mean_absolute_error": -1, "nfe": 0, "seconds_per_graph": 0},
    },
    "sequences": {
        **{"rewards.*": 1, "kmer_pearson": 1, "motifs.pearson": 1, "diversity": 1, "path_divergence": 0, "nll": 0},
        **{"nfe": 0, "seconds_per_sequence": 0},
    },
}


@dataclass(frozen=True)
class SweepSection:
    """What the page says of a sweep.

    Args:
        name: of the sweep.
        experiment: that it varies.
        columns: settings that the rows differ by.
        table: a row for each setting.
        missing: a line for each row that lacks runs.
        seeds: the largest number of seeds of a row.
    """

    name: str
    experiment: str
    columns: tuple[str, ...]
    table: Table
    missing: tuple[str, ...]
    seeds: int


def sweep_section(file: Path) -> SweepSection:
    """What `sciml sweep --json` wrote, as a section.

    Raises:
        InputError: the file is missing or malformed; names file and key.
    """
    record = read_record(file)
    lines, names = record.records("lines"), [str(name) for name in record.any("scores")]
    columns = tuple(str(column) for column in record.any("columns")) or ("model",)
    shown = _shown(names, record.text("domain"))
    means = {name: [line.record("scores").record(name) for line in lines] for name in shown}
    bests = {name: _best([mean.number("mean") for mean in means[name]], better) for name, better in shown.items()}
    rows = tuple(
        Row(_names(line, columns), tuple(_cell(means[name][index], bests[name]) for name in shown))
        for index, line in enumerate(lines)
    )
    return SweepSection(
        name=record.text("sweep"),
        experiment=record.text("experiment"),
        columns=columns,
        table=Table(tuple(Header("", name, "") for name in shown), rows),
        missing=tuple(
            f"{', '.join(_names(line, columns))}: {line.text('missing')}" for line in lines if line.text("missing")
        ),
        seeds=max((len(line.numbers("seeds")) for line in lines), default=0),
    )


def _shown(names: Sequence[str], domain: str) -> dict[str, int]:
    """The scores of the table, in the order of the list above."""
    wanted = SHOWN.get(domain, {})
    return {name: better for pattern, better in wanted.items() for name in names if fnmatchcase(name, pattern)}


def _names(line: Record, columns: Sequence[str]) -> tuple[str, ...]:
    settings = line.mapping("settings")
    texts = {column: value if isinstance(value, str) else json.dumps(value) for column, value in settings.items()}
    return tuple(texts.get(column, line.text("model") if column == "model" else "as it is") for column in columns)


def _cell(mean: Record, best: float | None) -> Cell:
    value, high = mean.number("mean"), mean.number("high")
    return Cell(number(value), deviation(Average(value, high - value)), value == best)


def _best(means: Sequence[float], better: int) -> float | None:
    known = [mean for mean in means if mean == mean]
    if not better or len(known) < 2:
        return None
    return min(known) if better < 0 else max(known)
