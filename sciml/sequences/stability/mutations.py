"""Measured changes of stability by single mutations, from tables of FireProtDB.

    ddG = dG of unfolding of the wild type - dG of unfolding of the mutant,    in kcal/mol: positive destabilises.

So the sign is in the files: mutations of a core residue to charge or glycine have ddG near +3.

Reference: Stourac et al. (2021), doi:10.1093/nar/gkaa981, the database; Dieckhaus et al. (2024),
doi:10.1073/pnas.2314853121, these tables and their split; Tien et al. (2013), doi:10.1371/journal.pone.0080635, the
largest accessible areas.
"""

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from Bio.Data.PDBData import protein_letters_1to3, residue_sasa_scales
from jaxtyping import Float64, Int64

from sciml.io.errors import InputError
from sciml.sequences.data.cells import measured, number
from sciml.sequences.data.sequence_set import PROTEIN
from sciml.sequences.data.text_lines import read_lines

UNKNOWN = "X"  # a residue without a letter
COLUMNS = ("pdb_id_corrected", "uniprot_id", "pdb_sequence", "pdb_position", "wild_type", "mutation", "ddG", "asa")
LONGEST = 40  # characters of a cell that an error quotes
LARGEST = {letter: residue_sasa_scales["Wilke"][protein_letters_1to3[letter].upper()] for letter in PROTEIN}


@dataclass(frozen=True)
class Mutations:
    """Single mutations, one a row.

    Args:
        proteins: PDB code of each.
        accessions: of UniProt.
        sequences: of the chain before the mutation, of `PROTEIN` and `UNKNOWN`.
        places: index of the mutated letter, from 0.
        mutants: letter that it becomes.
        ddg: in kcal/mol, positive destabilises.
        exposure: accessible area of the residue over the largest of its kind, in [0, 1]; NaN where not known.
    """

    proteins: tuple[str, ...]
    accessions: tuple[str, ...]
    sequences: tuple[str, ...]
    places: Int64[np.ndarray, " row"]
    mutants: tuple[str, ...]
    ddg: Float64[np.ndarray, " row"]
    exposure: Float64[np.ndarray, " row"]

    def __len__(self) -> int:
        return len(self.proteins)

    @property
    def wild_types(self) -> tuple[str, ...]:
        """The letter that is mutated."""
        return tuple(sequence[place] for sequence, place in zip(self.sequences, self.places, strict=True))

    def take(self, index: np.ndarray) -> "Mutations":
        """Some of the rows."""

        def some(values: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(values[k] for k in index)

        texts = some(self.proteins), some(self.accessions), some(self.sequences)
        return Mutations(*texts, self.places[index], some(self.mutants), self.ddg[index], self.exposure[index])


@dataclass(frozen=True)
class _Row:
    protein: str
    accession: str
    sequence: str
    place: int
    mutant: str
    ddg: float
    exposure: float


def read_mutations(path: Path) -> Mutations:
    """A table with a header, plain or packed; columns other than those needed are not read.

    Raises:
        InputError: by line and column: a cell that is no finite number, position or letter; a position whose letter is not
            the wild type; a mutation that is none, or stands there twice; another number of cells than the header has; a
            column that is not there; no row; or as `read_lines`.
    """
    first: dict[tuple[str, int, str], int] = {}
    rows = []
    for line, cells in _cells(path):
        row = _row(cells, f"{path}: line {line}")
        known = first.setdefault((row.sequence, row.place, row.mutant), line)
        if known != line:
            raise InputError(f"{path}: line {line}: the mutation stands on line {known} too; each must stand there once")
        rows.append(row)
    if not rows:
        raise InputError(f"{path}: holds no row")
    return Mutations(
        tuple(row.protein for row in rows),
        tuple(row.accession for row in rows),
        tuple(row.sequence for row in rows),
        np.array([row.place for row in rows], dtype=np.int64),
        tuple(row.mutant for row in rows),
        np.array([row.ddg for row in rows]),
        np.array([row.exposure for row in rows]),
    )


def _cells(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    reader = csv.reader((line for _, line in read_lines(path)), strict=True)
    try:
        header = next(reader, [])
        lacking = [name for name in COLUMNS if header.count(name) != 1]
        if lacking:
            raise InputError(
                f"{path}: must have one column {lacking[0]!r}; there are {', '.join(map(repr, header)) or 'none'}"
            )
        for cells in reader:
            if len(cells) != len(header):
                where = f"{path}: line {reader.line_num}"
                raise InputError(f"{where}: has {len(cells)} cells, expected {len(header)} as in the header")
            yield reader.line_num, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num}: cannot be read as a table ({error})") from error


def _row(cells: Mapping[str, str], where: str) -> _Row:
    sequence = cells["pdb_sequence"]
    for index, letter in enumerate(sequence):
        if letter not in PROTEIN + UNKNOWN:
            spot = f"{where}, column 'pdb_sequence', letter {index + 1}"
            raise InputError(f"{spot}: {letter!r} is none of {PROTEIN} nor {UNKNOWN}")
    for name in ("wild_type", "mutation"):
        if len(cells[name]) != 1 or cells[name] not in PROTEIN:
            raise InputError(f"{where}, column {name!r}: must be one letter of {PROTEIN}, got {cells[name]!r}")
    place = _place(cells["pdb_position"], len(sequence), where)
    if sequence[place] != cells["wild_type"]:
        raise InputError(
            f"{where}, column 'wild_type': `pdb_sequence` has {sequence[place]} at `pdb_position` {place}, "
            f"got {cells['wild_type']!r}"
        )
    if cells["mutation"] == cells["wild_type"]:
        raise InputError(f"{where}, column 'mutation': must differ from the wild type, got {cells['mutation']!r}")
    for name in ("pdb_id_corrected", "uniprot_id"):
        if not cells[name].strip():
            raise InputError(f"{where}, column {name!r}: must name the protein, got nothing")
    ddg = number(cells["ddG"], f"{where}, column 'ddG'")
    area = measured(cells["asa"], f"{where}, column 'asa'")
    if area < 0:
        raise InputError(f"{where}, column 'asa': must be at least 0, or empty where not known, got {cells['asa']!r}")
    exposure = min(area / LARGEST[cells["wild_type"]], 1.0) if not math.isnan(area) else area
    return _Row(cells["pdb_id_corrected"], cells["uniprot_id"], sequence, place, cells["mutation"], ddg, exposure)


def _place(cell: str, length: int, where: str) -> int:
    digits = cell.lstrip("0") or cell[-1:]  # int() refuses thousands of them
    if not cell.isdecimal() or len(digits) > len(str(length)) or int(digits) >= length:
        got = repr(cell if len(cell) <= LONGEST else f"{cell[:LONGEST]}...")
        raise InputError(f"{where}, column 'pdb_position': must be a whole number from 0 to {length - 1}, got {got}")
    return int(digits)
