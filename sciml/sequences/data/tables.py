"""Sequences from a column of a table: .csv and .tsv have a header, .bed may have one that begins with #.

Columns of a .bed without header are chrom, start, end, name, score and strand, as many as there are; of any table a column
may also be called by its number, from 1, unless one has that number for a name. Numbers are labels; an empty cell is one
that was not measured.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sciml.io.errors import InputError
from sciml.sequences.data.cells import measured
from sciml.sequences.data.row import Row
from sciml.sequences.data.text_lines import read_lines

DELIMITERS = {".csv": ",", ".tsv": "\t", ".bed": "\t"}
_BED = ("chrom", "start", "end", "name", "score", "strand")
_NO_ROWS = ("#", "track", "browser")

Cells = tuple[int, list[str]]


@dataclass(frozen=True)
class Columns:
    """Which columns of a table are read, by name or by number from 1.

    Args:
        sequence: of the letters.
        labels: of numbers.
        chromosome: none if there is none.
    """

    sequence: str
    labels: Sequence[str] = ()
    chromosome: str | None = None


def read_table(path: Path, columns: Columns, *, kind: str) -> Iterator[Row]:
    """The rows of a table, in order; empty lines are none.

    Args:
        path: plain or packed.
        columns: which to read.
        kind: .csv, .tsv or .bed.

    Raises:
        InputError: by line: another number of cells than the header has, a label that is no finite number, no chromosome; a
            column that is not there; a label asked for twice; or as `read_lines`.
    """
    if len(set(columns.labels)) < len(columns.labels):
        raise InputError(f"{path}: `labels` must name each column once, got {', '.join(columns.labels)}")
    cells = _cells(path, kind)
    header, cells = _bed_header(cells) if kind == ".bed" else _header(cells)
    sequence = _index(path, header, columns.sequence)
    labels = [(name, _index(path, header, name)) for name in columns.labels]
    named = columns.chromosome or ("1" if kind == ".bed" else None)
    chromosome = None if named is None else _index(path, header, named)
    for line, row in cells:
        where = f"{path}: line {line}"
        if len(row) != len(header):
            raise InputError(f"{where}: has {len(row)} cells, expected {len(header)} as in the header or first row")
        numbers = tuple(measured(row[index], f"{where}, column {name!r}") for name, index in labels)
        origin = None if chromosome is None else _name(row[chromosome], f"{where}, column {named!r}")
        yield Row(path, line, row[sequence].strip(), numbers, origin, header[sequence])


def _cells(path: Path, kind: str) -> Iterator[Cells]:
    lines = (line for _, line in read_lines(path))
    if kind == ".bed":
        reader = csv.reader(lines, delimiter=DELIMITERS[kind], quoting=csv.QUOTE_NONE, strict=True)
    else:
        reader = csv.reader(lines, delimiter=DELIMITERS[kind], strict=True)
    try:
        for row in reader:
            if any(row):
                yield reader.line_num, row
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num}: cannot be read as a table ({error})") from error


def _header(cells: Iterator[Cells]) -> tuple[list[str], Iterator[Cells]]:
    _, names = next(cells, (0, []))
    return [name.strip() for name in names], cells


def _bed_header(cells: Iterator[Cells]) -> tuple[list[str], Iterator[Cells]]:
    """The names of the columns, and the rows with the first of them put back."""
    names: list[str] = []
    for line, row in cells:
        if not row[0].startswith(_NO_ROWS):
            numbers = [str(number) for number in range(1, len(row) + 1)]
            header = names if len(names) == len(row) else [*_BED[: len(row)], *numbers[len(_BED) :]]
            return header, _without_comments((line, row), cells)
        if row[0].startswith("#"):
            names = [name.strip() for name in (row[0][1:], *row[1:])]
    return names, cells


def _without_comments(first: Cells, others: Iterator[Cells]) -> Iterator[Cells]:
    yield first
    for line, row in others:
        if not row[0].startswith(_NO_ROWS):
            yield line, row


def _index(path: Path, header: Sequence[str], wanted: str) -> int:
    if header.count(wanted) == 1:
        return header.index(wanted)
    if wanted not in header and wanted.isdecimal() and 0 < int(wanted) <= len(header):
        return int(wanted) - 1
    how_many = "more than one" if wanted in header else "no"
    raise InputError(f"{path}: {how_many} column {wanted!r}; there are {', '.join(map(repr, header)) or 'none'}")


def _name(cell: str, where: str) -> str:
    if not cell.strip():
        raise InputError(f"{where}: must name a chromosome, got nothing")
    return cell.strip()
