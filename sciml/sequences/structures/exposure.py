"""How exposed each residue of a chain is: accessible area over the largest of its kind.

    area of all points on a sphere of radius (atom + 1.4 Angstrom) about each atom that lie in no other such sphere.

Of the chain by itself, side chains included, as they are in the file: so of the native sequence. Water, ions and ligands
shade nothing.

Reference: Shrake and Rupley (1973), doi:10.1016/0022-2836(73)90011-9; Tien et al. (2013),
doi:10.1371/journal.pone.0080635, the largest areas.
"""

from pathlib import Path

import numpy as np
from Bio.Data.PDBData import protein_letters_1to3, residue_sasa_scales
from Bio.PDB.SASA import ShrakeRupley
from jaxtyping import Float64

from sciml.config.inverse_folding import StructureRules
from sciml.sequences.structures.pdb import STRICT, chain_of, name_of, polymer, read_backbone


def relative_exposure(
    path: Path, chain: str | None = None, rules: StructureRules = STRICT, *, points: int = 100
) -> Float64[np.ndarray, " residue"]:
    """In [0, 1], of each residue of `read_backbone(path, chain, rules)`.

    Args:
        path, chain, rules: as of `read_backbone`.
        points: on each sphere.

    Raises:
        InputError: as `read_backbone`.
    """
    backbone, found = read_backbone(path, chain, rules), chain_of(path, chain, rules.model)
    protein = {residue.id for residue in polymer(found)}
    for other in [residue.id for residue in found if residue.id not in protein]:
        found.detach_child(other)
    ShrakeRupley(n_points=points).compute(found, level="R")
    areas = {name_of(residue): residue.sasa for residue in found}
    largest = [residue_sasa_scales["Wilke"][protein_letters_1to3[letter].upper()] for letter in backbone.letters]
    return np.minimum(np.array([areas[name] for name in backbone.names]) / largest, 1.0)
