"""An ideal helix has the geometry of textbooks; CB, neighbours and distances are those of other means."""

import gzip
import io

import numpy as np
import pytest
import torch
from Bio.PDB.PDBParser import PDBParser
from Bio.PDB.vectors import Vector, calc_dihedral

from sciml.config.inverse_folding import StructureRules
from sciml.sequences.structures.geometry import nearest, pair_distances, virtual_cb
from sciml.sequences.structures.pdb import read_backbone


def test_an_ideal_helix_rises_by_a_pitch_of_textbooks(helix):
    """3.6 residues a turn, 1.5 Angstrom a residue, O of i bonded by hydrogen to N of i + 4."""
    n, ca, _, o = helix.coordinates.unbind(1)
    axis = torch.nn.functional.normalize(ca[:-3] - 2 * ca[1:-2] + ca[2:-1], dim=1)  # from the axis inwards
    turn = torch.rad2deg(torch.acos((axis[:-1] * axis[1:]).sum(1)))
    direction = torch.nn.functional.normalize(torch.linalg.cross(axis[0], axis[1]), dim=0)
    rise = ((ca[1:] - ca[:-1]) @ direction).abs()
    assert 360 / turn.mean() == pytest.approx(3.6, abs=0.1) and turn.std() < 1e-3
    assert rise.mean() == pytest.approx(1.5, abs=0.08) and rise.std() < 1e-3
    assert (o[:-4] - n[4:]).norm(dim=1).mean() == pytest.approx(2.9, abs=0.2)
    torch.testing.assert_close(
        (ca[1:] - ca[:-1]).norm(dim=1), torch.full((29,), 3.80, dtype=torch.float64), atol=0.03, rtol=0
    )


def test_torsions_are_those_that_biopython_finds(helix):
    n, ca, c, _ = (Vector(*helix.coordinates[5, k].tolist()) for k in range(4))
    following, before = (Vector(*helix.coordinates[j, k].tolist()) for j, k in ((6, 0), (4, 2)))
    assert np.degrees(calc_dihedral(before, n, ca, c)) == pytest.approx(-57.8, abs=1e-4)
    assert np.degrees(calc_dihedral(n, ca, c, following)) == pytest.approx(-47.0, abs=1e-4)


def test_cb_of_an_ideal_residue_has_the_bond_and_angles_of_an_amino_acid(helix):
    n, ca, c, _ = helix.coordinates.unbind(1)
    cb = virtual_cb(helix.coordinates)
    assert (cb - ca).norm(dim=1).mean() == pytest.approx(1.53, abs=0.02)
    for other in (n, c):
        cosine = torch.cosine_similarity(cb - ca, other - ca)
        assert torch.rad2deg(torch.acos(cosine)).mean() == pytest.approx(110.3, abs=1.5)


@pytest.mark.parametrize(("name", "chain"), [("3HTN", "A"), ("4GYT", "B"), ("5L33", "A"), ("6MRR", "A")])
def test_real_structures_have_cb_where_it_is_put(name, chain, mirror):
    """Within 0.1 Angstrom on average; a mirrored one would be 2.4 away. Distances are Biopython's."""
    path = mirror / f"{name}.pdb.gz"
    backbone = read_backbone(path, chain, StructureRules(modified="parent"))
    structure = PDBParser(QUIET=True).get_structure(name, io.StringIO(gzip.decompress(path.read_bytes()).decode()))
    residues = {f"{each.id[1]}{each.id[2].strip()}": each for each in structure[0][chain] if "CA" in each}
    cb = virtual_cb(backbone.coordinates)
    real = {k: residues[number]["CB"].coord for k, number in enumerate(backbone.names) if "CB" in residues[number]}
    off = [np.linalg.norm(cb[k].numpy() - at) for k, at in real.items()]
    assert np.mean(off) < 0.1 and len(off) > len(backbone) * 0.8
    near = nearest(backbone.coordinates[:, 1], 8)
    found = pair_distances(backbone.coordinates, near)
    for i in range(0, len(backbone), 9):
        for k, j in enumerate(near[i].tolist()):
            for a, one in enumerate(("N", "CA", "C", "O")):
                apart = residues[backbone.names[i]][one] - residues[backbone.names[j]]["CA"]
                assert float(found[i, k, a, 1]) == pytest.approx(float(apart), abs=2e-3)


def test_the_nearest_are_found_in_chunks_as_by_sorting_all():
    points = 20 * torch.randn(600, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = nearest(points, 9)
    assert torch.equal(found, torch.cdist(points, points).fill_diagonal_(-1).argsort(1)[:, :9])
    assert torch.equal(found[:, 0], torch.arange(600))


def test_a_residue_on_top_of_another_is_still_its_own_nearest():
    assert nearest(torch.zeros(3, 3, dtype=torch.float64), 1)[:, 0].tolist() == [0, 1, 2]
