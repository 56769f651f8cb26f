"""Molecules from files, one after the other, each with the place where it stands.

| ending | a row |
| --- | --- |
| .smi, .txt | a line: SMILES, then whatever follows a blank; empty lines are none |
| .csv | a row under a header, which names the column of SMILES |
| .sdf | a record |

Each may be compressed with gzip (.txt.gz); a compressed .txt may also be a tar archive of one file.
"""

import csv
import gzip
import io
import math
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rdkit import Chem, rdBase

from sciml.io.errors import InputError

ENDINGS = (".smi", ".txt", ".csv", ".sdf")
_HYDROGEN = Chem.MolFromSmarts("[#1]")


@dataclass(frozen=True)
class Row:
    """A molecule of a file.

    Args:
        where: file and line, or record.
        text: SMILES, or the title of a record.
        molecule: sanitised, with heavy atoms alone; without atoms if RDKit cannot read it.
        properties: those asked for, in their order.
    """

    where: str
    text: str
    molecule: Chem.Mol
    properties: tuple[float, ...] = ()


def ending(path: Path) -> str:
    """What a file is, by its name, without .gz."""
    return Path(path.stem).suffix.lower() if path.suffix == ".gz" else path.suffix.lower()


def read_rows(path: str | Path, *, column: str = "smiles", properties: Sequence[str] = ()) -> Iterator[Row]:
    """The molecules of a file, in order.

    Args:
        path: file.
        column: of SMILES, in a CSV.
        properties: columns of a CSV, or fields of an SDF, that hold a number.

    Raises:
        InputError: no such file, unreadable, unknown ending; a missing column; a property that is no finite number.
    """
    path = Path(path)
    kind = ending(path)
    if kind == ".sdf":
        return _sdf(path, properties)
    if kind == ".csv":
        return (_row(where, text, numbers) for where, text, numbers in _csv(path, column, properties))
    if kind not in ENDINGS:
        raise InputError(f"{path}: ending {kind!r} is not known; allowed: {', '.join(ENDINGS)}, each also with .gz")
    if properties:
        raise InputError(f"{path}: `properties` need a CSV or SDF, got {', '.join(properties)}")
    return (_row(where, text, ()) for where, text in _lines(path))


def read_smiles(path: str | Path, *, column: str = "smiles") -> list[tuple[str, str]]:
    """Place and SMILES of each row of a CSV or a list of SMILES, unparsed."""
    path = Path(path)
    if ending(path) == ".csv":
        return [(where, text) for where, text, _ in _csv(path, column, ())]
    return list(_lines(path))


def parsed(smiles: str) -> Chem.Mol:
    """The heavy atoms of the molecule, without atoms and without a message if RDKit cannot read it."""
    with rdBase.BlockLogs():
        return _heavy(Chem.MolFromSmiles(smiles) or Chem.Mol())


def _heavy(molecule: Chem.Mol) -> Chem.Mol:
    """Without the hydrogens that RDKit keeps: isotopes and those that tell stereochemistry; unchanged if all are such."""
    if not molecule.HasSubstructMatch(_HYDROGEN):
        return molecule
    bare = Chem.RemoveAllHs(molecule)
    return bare if bare.GetNumAtoms() else molecule


def _row(where: str, text: str, numbers: tuple[float, ...]) -> Row:
    return Row(where, text, parsed(text), numbers)


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    with _opened(path) as binary, io.TextIOWrapper(binary, encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if words := line.split(maxsplit=1):
                yield f"{path}: line {number}", words[0]


def _csv(path: Path, column: str, properties: Sequence[str]) -> Iterator[tuple[str, str, tuple[float, ...]]]:
    with _opened(path) as binary, io.TextIOWrapper(binary, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for name in (column, *properties):
            if name not in (names := reader.fieldnames or []):
                raise InputError(f"{path}: no column {name!r}; there are {', '.join(map(repr, names)) or 'none'}")
        for row in reader:
            where = f"{path}: line {reader.line_num}"
            numbers = tuple(_number(row[name], f"{where}: {name}") for name in properties)
            yield where, (row[column] or "").strip(), numbers


def _sdf(path: Path, properties: Sequence[str]) -> Iterator[Row]:
    for number, text in enumerate(_records(path), start=1):
        where = f"{path}: record {number}"
        supplier = Chem.SDMolSupplier()
        with rdBase.BlockLogs():
            supplier.SetData(text)
            found = next(iter(supplier), None)
            molecule = None if found is None else _heavy(found)
        if molecule is None:
            yield Row(where, text.split("\n")[0].strip(), Chem.Mol())
            continue
        fields = molecule.GetPropsAsDict(includePrivate=False)
        numbers = tuple(_number(fields.get(name), f"{where}: {name}") for name in properties)
        yield Row(where, molecule.GetProp("_Name") or Chem.MolToSmiles(molecule), molecule, numbers)


def _records(path: Path) -> Iterator[str]:
    """Cut here, not by RDKit, which goes on behind the next record after a broken one."""
    lines: list[str] = []
    with _opened(path) as binary, io.TextIOWrapper(binary, encoding="utf-8", errors="replace") as file:
        for line in file:
            lines.append(line)
            if line.startswith("$$$$"):
                yield "".join(lines)
                lines = []
    if "".join(lines).strip():
        yield "".join(lines)


def _number(value: object, where: str) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{where} must be a finite number, got {value!r}")
    return number


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        if path.suffix != ".gz":
            with open(path, "rb") as file:
                yield file
        elif _is_tar(path):
            with tarfile.open(path) as archive:
                yield _only_member(archive, path)
        else:
            with gzip.open(path, "rb") as file:
                yield file  # type: ignore[misc]
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error, tarfile.TarError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error


def _is_tar(path: Path) -> bool:
    with gzip.open(path, "rb") as file:
        return file.read(512)[257:262] == b"ustar"


def _only_member(archive: tarfile.TarFile, path: Path) -> tarfile.ExFileObject:
    members = [member for member in archive if member.isfile()]
    if len(members) != 1:
        raise InputError(f"{path}: an archive must hold one file, got {len(members)}")
    return archive.fileobject(archive, members[0])
