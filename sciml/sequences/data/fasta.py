"""Records of a FASTA file: a line that begins with > and the lines of the sequence after it."""

import re
from collections.abc import Iterator
from pathlib import Path

from sciml.io.errors import InputError
from sciml.sequences.data.row import Row
from sciml.sequences.data.text_lines import read_lines

_REGION = re.compile(r"(?:^|::)([^\s:]+):\d+-\d+")  # chr1:100-200, or name::chr1:100-200(+) as bedtools writes it


def read_fasta(path: Path, *, chromosomes: bool = False) -> Iterator[Row]:
    """The records of a file, in order, also those without sequence; empty lines and blanks at the ends of lines are ignored.

    Args:
        path: plain or packed.
        chromosomes: whether headers begin with chromosome:start-end.

    Raises:
        InputError: by line: text before the first header or, if asked for, a header without chromosome; or as `read_lines`.
    """
    header: tuple[int, str] | None = None
    lines: list[tuple[int, str]] = []
    for number, line in read_lines(path):
        text = line.rstrip()
        if text.startswith(">"):
            if header:
                yield _record(path, header, lines, chromosomes)
            header, lines = (number, text[1:]), []
        elif text and not header:
            raise InputError(f"{path}: line {number}: must be a header that begins with >, got {shortened(text)!r}")
        elif text:
            lines.append((number, text))
    if header:
        yield _record(path, header, lines, chromosomes)


def shortened(text: str, most: int = 30) -> str:
    """The text, or its beginning if it has more than `most` letters."""
    return text if len(text) <= most else f"{text[:most]}..."


def _record(path: Path, header: tuple[int, str], lines: list[tuple[int, str]], chromosomes: bool) -> Row:
    number, title = header
    region = _REGION.search(title) if chromosomes else None
    if chromosomes and not region:
        raise InputError(
            f"{path}: line {number}: header {shortened(title)!r} must begin like chr1:100-200 (`chromosomes: header`)"
        )
    pieces = tuple((line, len(text)) for line, text in lines)
    text = "".join(text for _, text in lines)
    return Row(path, number, text, chromosome=region[1] if region else None, pieces=pieces)
