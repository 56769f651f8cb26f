"""Exposure: an atom alone is a sphere; buried residues of real proteins are the hydrophobic ones."""

import gzip
import math

import numpy as np
import pytest

from sciml.config.inverse_folding import StructureRules
from sciml.sequences.structures.exposure import relative_exposure
from sciml.sequences.structures.pdb import read_backbone


def test_atoms_far_apart_are_whole_spheres(line, write):
    """Radii of Biopython: N 1.55, C 1.7, O 1.52; glycine has at most 104 square Angstrom."""
    far = [line(name, "GLY", 1, (100 * k, 0, 0)) for k, name in enumerate(("N", "CA", "C", "O"))]
    area = sum(4 * math.pi * (radius + 1.4) ** 2 for radius in (1.55, 1.7, 1.7, 1.52))
    assert relative_exposure(write(far)).tolist() == [1.0] and area > 104
    near = [line(name, "TRP", 1, (100 * k, 0, 0)) for k, name in enumerate(("N", "CA", "C", "O"))]
    assert relative_exposure(write(near))[0] == pytest.approx(min(area / 285, 1), abs=1e-3)


def test_water_and_ligands_shade_nothing(line, write):
    """They stand among the residues of a chain that no TER ends."""
    alone = [line(name, "TRP", 1, (2 * k, 0, 0)) for k, name in enumerate(("N", "CA", "C", "O"))]
    around = [line("O", "HOH", 90 + k, (2 * k, 2, 0), record="HETATM") for k in range(4)]
    assert relative_exposure(write([*alone, *around])).tolist() == relative_exposure(write(alone)).tolist()


def test_a_real_file_without_ter_has_the_exposure_of_the_one_with_it(mirror, write):
    path = mirror / "6MRR.pdb.gz"
    records = gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)
    without = write([row for row in records if not row.startswith("TER")])
    assert len(records) > len(without.read_text().splitlines())
    with_ter = relative_exposure(path, "A")
    assert relative_exposure(without, "A").tolist() == with_ter.tolist()
    assert with_ter.mean() == pytest.approx(0.333, abs=1e-3)


@pytest.mark.parametrize("name", ["3HTN", "4GYT", "5L33", "6MRR"])
def test_hydrophobic_residues_of_real_proteins_are_buried(name, mirror):
    path, rules = mirror / f"{name}.pdb.gz", StructureRules(modified="parent")
    exposed, letters = relative_exposure(path, "A", rules), np.array(list(read_backbone(path, "A", rules).letters))
    assert len(exposed) == len(letters) and exposed.min() >= 0 and exposed.max() <= 1
    assert exposed[np.isin(letters, list("ILVF"))].mean() < 0.25 < 0.35 < exposed[np.isin(letters, list("KED"))].mean()
