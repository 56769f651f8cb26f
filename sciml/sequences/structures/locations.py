"""Residues that a file gives at several locations, or as several amino acids: which one is taken."""

from collections import defaultdict

import torch
from Bio.PDB.Atom import Atom, DisorderedAtom
from Bio.PDB.Residue import DisorderedResidue, Residue
from jaxtyping import Float64
from torch import Tensor

from sciml.io.errors import InputError
from sciml.sequences.structures.backbone import ATOMS


def chosen_residue(residue: Residue | DisorderedResidue, alternatives: str, where: str) -> Residue:
    """Of several amino acids at one place, that of the largest mean occupancy; of equal ones the first by name.

    Raises:
        InputError: there are several and `alternatives` is "refuse".
    """
    if not isinstance(residue, DisorderedResidue):
        return residue
    found = sorted(residue.disordered_get_list(), key=lambda each: each.resname)
    _allowed(alternatives, where, "may be " + " or ".join(each.resname.strip() for each in found))
    return max(found, key=_occupancy)


def backbone_atoms(residue: Residue, alternatives: str, where: str) -> dict[str, Float64[Tensor, " axis=3"]]:
    """Coordinates of `ATOMS`, those that are there, all at one location as far as they have it: the one with the largest
    occupancy over these atoms; of equal ones the first by letter.

    Raises:
        InputError: there are several and `alternatives` is "refuse".
    """
    found = {name: _locations(residue[name]) for name in ATOMS if name in residue}
    total: dict[str, float] = defaultdict(float)
    for atom in found.values():
        for location, (occupancy, _) in atom.items():
            total[location] += occupancy
    named = sorted(location for location in total if location.strip())
    if len(named) > 1:
        _allowed(alternatives, where, f"has locations {', '.join(named)}")
    best = max(named, key=lambda location: total[location], default=" ")
    return {name: _at(atom, best) for name, atom in found.items()}


def _locations(atom: Atom | DisorderedAtom) -> dict[str, tuple[float, Tensor]]:
    each = atom.disordered_get_list() if isinstance(atom, DisorderedAtom) else [atom]
    return {one.altloc: (one.occupancy or 0.0, torch.tensor(one.coord.tolist(), dtype=torch.float64)) for one in each}


def _at(atom: dict[str, tuple[float, Tensor]], location: str) -> Tensor:
    if location in atom:
        return atom[location][1]
    return max(sorted(atom.items()), key=lambda item: item[1][0])[1][1]


def _occupancy(residue: Residue) -> float:
    values = [atom.occupancy or 0.0 for atom in residue.get_unpacked_list()]
    return sum(values) / len(values)


def _allowed(alternatives: str, where: str, what: str) -> None:
    if alternatives == "refuse":
        raise InputError(f"{where}: {what}; `alternatives: occupied` takes the one with the largest occupancy")
