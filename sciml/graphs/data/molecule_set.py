"""From rows of molecules to a set of graphs: what is allowed, and what was left out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float64
from rdkit import Chem
from rdkit.Chem import rdqueries

from sciml.config.graphs import distinct_elements
from sciml.graphs.concatenation import concatenated
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.data.molecule_rows import Row
from sciml.graphs.molecules import from_molecules
from sciml.io.errors import InputError

ZINC_ATOMS = ("C", "N", "O", "F", "P", "S", "Cl", "Br", "I")
QM9_ATOMS = ("C", "N", "O", "F")
CHUNK = 2048
_CHARGED = Chem.MolFromSmarts("[!+0]")
_ODD_BOND = Chem.MolFromSmarts("*!-!=!#!:*")
_RADICAL = rdqueries.NumRadicalElectronsGreaterQueryAtom(0)


@dataclass(frozen=True)
class Rules:
    """Which molecules are allowed: connected, without radicals, single, double and triple bonds.

    Args:
        atoms: different element symbols, at least one.
        largest: most heavy atoms; None for any number.
        charges: of charged atoms: `refuse`, or `drop`: keep the molecule and leave the charges out, as the papers do.
    """

    atoms: tuple[str, ...]
    largest: int | None = None
    charges: Literal["refuse", "drop"] = "refuse"

    def __post_init__(self) -> None:
        try:
            distinct_elements(self.atoms)
        except ValueError as error:
            raise InputError(f"`atoms` {error}") from error

    @cached_property
    def _other(self) -> Chem.Mol:
        table = Chem.GetPeriodicTable()
        return Chem.MolFromSmarts("[" + ";".join(f"!#{table.GetAtomicNumber(symbol)}" for symbol in self.atoms) + "]")

    def fault(self, molecule: Chem.Mol) -> tuple[str, str] | None:
        """What is wrong, as a kind and as text with what is allowed; None if nothing is."""
        if not molecule.GetNumAtoms():
            return "unreadable", "is empty or none that RDKit can read"
        if others := molecule.GetSubstructMatch(self._other):
            symbol = molecule.GetAtomWithIdx(others[0]).GetSymbol()
            return "element", f"has the element {symbol}, allowed are {', '.join(self.atoms)} (`atoms`)"
        if self.largest is not None and molecule.GetNumAtoms() > self.largest:
            return "size", f"has {molecule.GetNumAtoms()} heavy atoms, allowed are 1 to {self.largest} (`largest`)"
        if len(parts := Chem.GetMolFrags(molecule)) > 1:
            return "disconnected", f"has {len(parts)} parts that no bond joins, allowed is 1"
        if molecule.HasSubstructMatch(_ODD_BOND):
            return "bond", "has a bond that is not single, double, triple or aromatic"
        if molecule.GetAtomsMatchingQuery(_RADICAL):
            return "radical", "has an unpaired electron, allowed are closed shells"
        if self.charges == "refuse" and molecule.HasSubstructMatch(_CHARGED):
            return "charge", "has a charged atom; `charges: drop` leaves charges out, as the papers do"
        return None


@dataclass(frozen=True)
class MoleculeSet:
    """Molecules of a file.

    Args:
        graphs: those that are allowed.
        properties: of each.
        charged: how many have a charged atom, whose charge is left out.
        left_out: how many molecules of the file are not in the set, by what is wrong with them.
        examples: the first of each kind, in words.
    """

    graphs: GraphSet
    properties: Float64[np.ndarray, "graph property"]
    charged: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)


def molecule_set(
    rows: Iterable[Row],
    rules: Rules,
    *,
    skip_invalid: bool = False,
    width: int | None = None,
    origin: str | Path = "the molecules",
) -> MoleculeSet:
    """The allowed molecules as graphs.

    Args:
        rows: read one after the other; they are not kept.
        rules: what is allowed.
        skip_invalid: leave other molecules out, and count them, instead of an error at the first.
        width: nodes to pad to; None for those of the largest.
        origin: what to call the source if it has no molecule, such as a file name.

    Raises:
        InputError: a molecule that is not allowed, by file, row and SMILES; or none that is.
    """
    stream, charged = iter(rows), 0
    parts: list[GraphSet] = []
    properties: list[tuple[float, ...]] = []
    out = _LeftOut()
    while chunk := list(islice(stream, CHUNK)):
        molecules: list[Chem.Mol] = []
        for row in chunk:
            if (fault := rules.fault(row.molecule)) is not None:
                out.note(fault[0], f"{row.where}: molecule {row.text or '(empty)'} {fault[1]}", skip_invalid)
                continue
            molecules.append(row.molecule)
            properties.append(row.properties)
        charged += sum(molecule.HasSubstructMatch(_CHARGED) for molecule in molecules)
        if molecules:
            parts.append(from_molecules(molecules, rules.atoms, largest=width))
    if not parts:
        raise InputError(f"{origin}: there is no molecule" + "".join(f"; {text}" for text in out.examples.values()))
    numbers = np.array(properties, dtype=np.float64).reshape(len(properties), -1)
    return MoleculeSet(concatenated(*parts), numbers, charged, out.counts, out.examples)


@dataclass
class _LeftOut:
    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)

    def note(self, kind: str, text: str, skip: bool) -> None:
        if not skip:
            raise InputError(f"{text}; `skip_invalid: true` leaves such molecules out and counts them")
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.examples.setdefault(kind, text)
