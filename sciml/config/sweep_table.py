"""The rows of a sweep: from a file, from the configuration, or every combination of lists."""

import csv
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sciml.config.sweep_settings import Cell, SweepConfig
from sciml.io.errors import InputError


@dataclass(frozen=True)
class TableRow:
    """One row as it was written.

    Args:
        where: what to call it in an error.
        cells: by column, without those that are empty; from a file they are text.
    """

    where: str
    cells: dict[str, Cell]


@dataclass(frozen=True)
class SweepTable:
    """Columns and rows; `text` says that the cells are text, whose type is that of the setting."""

    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    text: bool


def read_rows(sweep: SweepConfig, origin: str) -> SweepTable:
    """The rows of a sweep.

    Args:
        sweep: with exactly one of `table`, `rows`, `product`.
        origin: what to call the sweep in an error.

    Raises:
        InputError: no rows, a file that cannot be read, a row that is longer or shorter than the head, an empty column.
    """
    if sweep.table is not None:
        table = _read_file(Path(sweep.table), origin)
        origin = sweep.table
    elif sweep.product is not None:
        table = _combine(sweep.product, origin)
    else:
        table = _list(sweep.rows or (), origin)
    if not table.rows:
        raise InputError(f"{origin}: a sweep needs at least one row, got none")
    for column in table.columns:
        if not any(column in row.cells for row in table.rows):
            raise InputError(f"{origin}: column `{column}` is empty in every row")
    return table


def _combine(product: dict[str, tuple[Cell, ...]], origin: str) -> SweepTable:
    columns = tuple(product)
    rows = (dict(zip(columns, values, strict=True)) for values in itertools.product(*product.values()))
    return _list(tuple(rows) if columns else (), origin)


def _list(rows: tuple[dict[str, Cell], ...], origin: str) -> SweepTable:
    columns = tuple(dict.fromkeys(column for row in rows for column in row))
    return SweepTable(columns, tuple(TableRow(f"{origin}: row {n}", row) for n, row in enumerate(rows, 1)), text=False)


def _read_file(path: Path, origin: str) -> SweepTable:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(_lines(csv.reader(file, delimiter="," if path.suffix.lower() == ".csv" else "\t")))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; a table of a sweep is looked for from the working directory") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    except ValueError as error:  # before a file was looked for: no path has such characters
        raise InputError(f"{origin}: `table` must be the path of a file, got {str(path)!r} ({error})") from error
    if not lines:
        raise InputError(f"{path}: is empty; its first line must name the settings, such as training.rate")
    (_, head), *body = lines
    columns = _head(path, head)
    return SweepTable(columns, tuple(_row(path, columns, n, *line) for n, line in enumerate(body, 1)), text=True)


def _lines(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Lines with their numbers, without blank ones and those that begin with #."""
    for cells in reader:
        found = [cell.strip() for cell in cells]
        if any(found) and not found[0].startswith("#"):
            yield reader.line_num, found  # type: ignore[attr-defined]


def _head(path: Path, cells: list[str]) -> tuple[str, ...]:
    for index, cell in enumerate(cells, 1):
        if not cell:
            raise InputError(f"{path}: column {index} has no name in the first line")
        if cell in cells[: index - 1]:
            raise InputError(f"{path}: column `{cell}` is there twice")
    return tuple(cells)


def _row(path: Path, columns: tuple[str, ...], number: int, line: int, cells: list[str]) -> TableRow:
    where = f"{path}: row {number} (line {line})"
    if len(cells) != len(columns):
        delimiter = "commas" if path.suffix.lower() == ".csv" else "tabs"
        raise InputError(f"{where} must have {len(columns)} cells between {delimiter} as the head has, got {len(cells)}")
    return TableRow(where, {column: cell for column, cell in zip(columns, cells, strict=True) if cell})
