"""A sequence as it stands in a file."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """A sequence and what a file says of it, not checked yet.

    Args:
        file: where it stands.
        line: where it begins: the header of a FASTA record, the row of a table; from 1.
        text: the letters.
        labels: numbers, those asked for, in their order; NaN where not measured.
        chromosome: none if not known.
        column: of a table, where the letters stand in one.
        pieces: number and letters of each line that the text goes over, where it has lines of its own.
    """

    file: Path
    line: int
    text: str
    labels: tuple[float, ...] = ()
    chromosome: str | None = None
    column: str | None = None
    pieces: tuple[tuple[int, int], ...] = ()

    @property
    def where(self) -> str:
        """File and line."""
        return f"{self.file}: line {self.line}"

    def place(self, index: int) -> str:
        """File, line and column of one letter, by its index."""
        if self.column is not None:
            return f"{self.where}, column {self.column!r}, letter {index + 1}"
        for line, letters in self.pieces:
            if index < letters:
                return f"{self.file}: line {line}, column {index + 1}"
            index -= letters
        return f"{self.where}, column {index + 1}"
