"""Files of sequences, by their ending.

| ending | what it holds |
| --- | --- |
| .fa, .fasta, .fna, .faa | FASTA |
| .csv, .tsv | a table with a header |
| .bed | a table with tabs, chromosome, start and end first |
| .txt | one sequence a line; empty lines are none |

Each may be compressed with gzip (.fa.gz).
"""

from collections.abc import Iterator
from pathlib import Path

from sciml.io.errors import InputError
from sciml.sequences.data.fasta import read_fasta
from sciml.sequences.data.row import Row
from sciml.sequences.data.tables import DELIMITERS, Columns, read_table
from sciml.sequences.data.text_lines import read_lines

FASTA = (".fa", ".fasta", ".fna", ".faa")
ENDINGS = (*FASTA, *DELIMITERS, ".txt")
HEADER = "header"
SEQUENCE = "sequence"  # column of a table, unless another is named


def read_rows(path: Path, columns: Columns) -> Iterator[Row]:
    """The sequences of a file, in order, unchecked.

    Args:
        path: file.
        columns: of a table; of FASTA only `chromosome` may be set, to `header`.

    Raises:
        InputError: no such file, unknown ending, something asked for that such files have not got; or as the reader of this
            kind.
    """
    kind = Path(path.stem).suffix.lower() if path.suffix == ".gz" else path.suffix.lower()
    if kind not in ENDINGS:
        raise InputError(f"{path}: ending {kind!r} is not known; allowed: {', '.join(ENDINGS)}, each also with .gz")
    if kind in DELIMITERS:
        return read_table(path, columns, kind=kind)
    if columns.sequence != SEQUENCE:
        raise InputError(f"{path}: `column` needs a table ({', '.join(DELIMITERS)}), got {columns.sequence!r}")
    if columns.labels:
        raise InputError(f"{path}: `labels` need a table ({', '.join(DELIMITERS)}), got {', '.join(columns.labels)}")
    if columns.chromosome not in (None, HEADER) or (columns.chromosome and kind not in FASTA):
        raise InputError(
            f"{path}: `chromosomes` must be {HEADER} of FASTA or a column of a table, got {columns.chromosome!r}"
        )
    return read_fasta(path, chromosomes=bool(columns.chromosome)) if kind in FASTA else read_list(path)


def read_list(path: Path) -> Iterator[Row]:
    """One sequence a line.

    Raises:
        InputError: as `read_lines`.
    """
    for number, line in read_lines(path):
        if text := line.rstrip():
            yield Row(path, number, text, pieces=((number, len(text)),))
