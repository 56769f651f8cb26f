"""Backbones from PDB files, plain or packed, by Biopython.

A residue is one of the chain if its name is that of an amino acid, or if it has atoms N, CA and C; water, ions and ligands
are left out, and whatever stands as HETATM behind the chain's TER. Residues that lack an atom or are not among the twenty
are errors until `StructureRules` says what to do.

Reference: Hamelryck and Manderick (2003), doi:10.1093/bioinformatics/btg299, the parser.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import torch
from Bio.Data.PDBData import protein_letters_3to1, protein_letters_3to1_extended
from Bio.PDB.Chain import Chain
from Bio.PDB.PDBExceptions import PDBConstructionException
from Bio.PDB.PDBParser import PDBParser
from Bio.PDB.Residue import DisorderedResidue, Residue

from sciml.config.inverse_folding import StructureRules
from sciml.io.errors import InputError
from sciml.sequences.data.sequence_set import PROTEIN
from sciml.sequences.data.text_lines import read_lines
from sciml.sequences.structures.backbone import ATOMS, Backbone
from sciml.sequences.structures.locations import backbone_atoms, chosen_residue

STRICT = StructureRules()


def read_backbone(path: Path, chain: str | None = None, rules: StructureRules = STRICT) -> Backbone:
    """The backbone of one chain of a PDB file.

    Args:
        path: plain or packed.
        chain: its letter; none if the file has one chain of protein alone.
        rules: what to do about residues that are not whole, not standard or at several places at once, and which model.

    Raises:
        InputError: by file, chain and residue: a backbone atom is missing, a residue has no letter, has alternative
            locations that are refused, or coordinates that are not finite; by line: the file is not in the format; no such
            model or chain, several chains and none named, or no residue.
    """
    found = chain_of(path, chain, rules.model)
    rows, letters, numbers, names = [], [], [], []
    for residue in polymer(found):
        name = name_of(residue)
        where = f"{path}: chain {found.id}, residue {name} ({residue.resname.strip()})"
        one = chosen_residue(residue, rules.alternatives, where)
        letter, atoms = _letter(one, rules, where), backbone_atoms(one, rules.alternatives, where)
        absent = [atom for atom in ATOMS if atom not in atoms]
        if absent and rules.missing == "refuse":
            raise InputError(f"{where}: lacks atom {', '.join(absent)}; `missing: drop` leaves such residues out")
        if absent or letter is None:
            continue
        rows.append(torch.stack([atoms[atom] for atom in ATOMS]))
        letters.append(letter)
        numbers.append(residue.id[1])
        names.append(name)
        if not rows[-1].isfinite().all():
            raise InputError(f"{where}: coordinates must be finite, got {rows[-1].tolist()}")
    if not rows:
        raise InputError(f"{path}: chain {found.id}: has no residue with all of {', '.join(ATOMS)}")
    return Backbone(torch.stack(rows), "".join(letters), places(torch.tensor(numbers)), tuple(names))


def places(numbers: torch.Tensor) -> torch.Tensor:
    """Places along the chain from 0: they grow as the numbers of residues do, and by 1 where these do not (insertions)."""
    steps = numbers.diff().clamp(min=1)
    return torch.cat([steps.new_zeros(1), steps.cumsum(0)])


def name_of(residue: Residue | DisorderedResidue) -> str:
    """Its number, with the insertion code if it has one."""
    return f"{residue.id[1]}{residue.id[2].strip()}"


def chain_of(path: Path, chain: str | None, model: int) -> Chain:
    """One chain with all its atoms, as Biopython has it.

    Raises:
        InputError: the file is not in the format; no such model or chain, or several chains and none named.
    """
    try:
        structure = PDBParser(PERMISSIVE=False, QUIET=True).get_structure(path.name, io.StringIO(_without_solvent(path)))
    except (PDBConstructionException, ValueError, TypeError, LookupError, AttributeError) as error:  # torn lines, too
        raise InputError(f"{path}: is not a PDB file: {' '.join(str(error).split())}") from error
    models = list(structure)
    if not models:
        raise InputError(f"{path}: holds no ATOM record")
    if model > len(models):
        raise InputError(f"{path}: `model` must lie in 1 to {len(models)}, got {model}")
    proteins = {each.id: each for each in models[model - 1] if any(True for _ in polymer(each))}
    known = ", ".join(proteins) or "none"
    if chain is None and len(proteins) == 1:
        return next(iter(proteins.values()))
    if chain is None:
        raise InputError(f"{path}: `chain` must name one of {known}")
    if chain not in proteins:
        raise InputError(f"{path}: `chain` must be one of the chains of protein, {known}, got {chain!r}")
    return proteins[chain]


def _without_solvent(path: Path) -> str:
    """The text, less what stands as HETATM behind a chain's TER: ligands and water under the letter of the chain."""
    ended: set[str] = set()
    last, kept = " ", []
    for _, line in read_lines(path):
        record = line[:6].rstrip()
        if record in ("ATOM", "HETATM"):
            last = line[21:22]
        elif record == "TER":
            ended.add(last)
        elif record == "MODEL":
            ended.clear()
        if not (record == "HETATM" and line[21:22] in ended):
            kept.append(line if line.endswith("\n") else f"{line}\n")
    return "".join(kept)


def polymer(chain: Chain) -> Iterator[Residue | DisorderedResidue]:
    """The residues of a chain that are of the protein, see the module."""
    for residue in chain:
        named = residue.resname.strip() in protein_letters_3to1_extended
        if named or all(name in residue for name in ("N", "CA", "C")):
            yield residue


def _letter(residue: Residue, rules: StructureRules, where: str) -> str | None:
    """None of a residue that is to be left out."""
    name = residue.resname.strip()
    standard = protein_letters_3to1.get(name)
    if standard is not None:
        return standard
    parent = protein_letters_3to1_extended.get(name, "")
    if rules.modified == "parent" and parent and parent in PROTEIN:
        return parent
    if rules.modified == "drop":
        return None
    known = f"`modified: parent` reads it as {parent}, " if parent and parent in PROTEIN else ""
    raise InputError(f"{where}: {name} is no standard amino acid; {known}`modified: drop` leaves such residues out")
