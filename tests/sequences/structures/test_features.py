"""Features do not change as a structure is turned and moved, go along with its residues, and tell a mirror image."""

from dataclasses import replace

import pytest
import torch

from sciml.config.inverse_folding import StructureRules
from sciml.sequences.structures.backbone import Backbone
from sciml.sequences.structures.features import FEATURES, radial_basis, structure_graph
from sciml.sequences.structures.pdb import read_backbone


def _turned(backbone: Backbone, seed: int, mirrored: bool = False) -> Backbone:
    generator = torch.Generator().manual_seed(seed)
    turn, triangle = torch.linalg.qr(torch.randn(3, 3, generator=generator, dtype=torch.float64))
    turn = turn * torch.sign(triangle.diagonal())
    turn = turn * torch.det(turn) * (-1 if mirrored else 1)
    shift = 50 * torch.randn(3, generator=generator, dtype=torch.float64)
    return replace(backbone, coordinates=backbone.coordinates @ turn + shift)


@pytest.mark.parametrize("seed", range(4))
def test_turning_and_moving_changes_nothing(coil, seed):
    backbone = coil(60, seed)
    still, moved = structure_graph(backbone, 16), structure_graph(_turned(backbone, seed), 16)
    assert torch.equal(still.neighbours, moved.neighbours)
    torch.testing.assert_close(still.edges, moved.edges, atol=1e-5, rtol=0)


def test_turning_a_real_structure_changes_nothing(mirror):
    backbone = read_backbone(mirror / "3HTN.pdb.gz", "A", StructureRules(modified="parent"))
    still, moved = structure_graph(backbone), structure_graph(_turned(backbone, 3))
    assert torch.equal(still.neighbours, moved.neighbours)
    torch.testing.assert_close(still.edges, moved.edges, atol=1e-5, rtol=0)


def test_a_mirror_image_differs(coil):
    backbone = coil(60)
    gap = structure_graph(backbone, 16).edges - structure_graph(_turned(backbone, 0, mirrored=True), 16).edges
    assert gap.abs().max() > 0.1


def test_features_go_along_with_residues(coil):
    """Of a chain without ties, as all real ones are."""
    noise = 0.05 * torch.randn(40, 4, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    backbone = replace(coil(40), coordinates=coil(40).coordinates + noise)
    order = torch.randperm(40, generator=torch.Generator().manual_seed(1))
    letters = "".join(backbone.letters[k] for k in order)
    names = tuple(backbone.names[k] for k in order)
    shuffled = structure_graph(Backbone(backbone.coordinates[order], letters, backbone.places[order], names), 12)
    graph = structure_graph(backbone, 12)
    assert torch.equal(order[shuffled.neighbours], graph.neighbours[order])
    torch.testing.assert_close(shuffled.edges, graph.edges[order], atol=1e-6, rtol=0)


def test_inside_an_ideal_helix_all_residues_look_alike(helix):
    graph = structure_graph(helix, 7)
    inside = graph.edges[8:22]
    by_offset = graph.neighbours[8:22] - torch.arange(8, 22)[:, None]
    rows = torch.stack([edges[offset.argsort()] for edges, offset in zip(inside, by_offset, strict=True)])
    torch.testing.assert_close(rows, rows[:1].expand_as(rows), atol=1e-4, rtol=0)
    assert sorted(by_offset[0].tolist()) == [-3, -2, -1, 0, 1, 2, 3]


def test_values_are_those_of_the_formula(coil):
    """One edge by hand."""
    backbone = replace(coil(10), places=torch.tensor([0, 1, 2, 3, 4, 60, 61, 62, 63, 64]))
    graph = structure_graph(backbone, 10)
    k = graph.neighbours[2].tolist().index(7)
    apart = (backbone.coordinates[2, 3] - backbone.coordinates[7, 0]).norm().item()  # O of 2 to N of 7
    expected = [torch.tensor(-(((apart - 2 - 20 / 15 * m) / 1.25) ** 2)).exp().item() for m in range(16)]
    pair = (3 * 5 + 0) * 16
    assert graph.edges[2, k, pair : pair + 16].tolist() == pytest.approx(expected, abs=1e-5)
    offset = graph.edges[2, k, 400:]
    assert graph.edges.shape[2] == FEATURES == 465
    assert offset.argmax() == 64 and offset.sum() == 1  # 60 places are told as 32


def test_a_radial_function_is_one_at_its_centre():
    values = radial_basis(torch.tensor([2.0, 22.0]))
    assert values[0, 0] == 1 and values[1, -1] == 1 and values.argmax(1).tolist() == [0, 15]


def test_small_structures_have_fewer_neighbours_and_none_is_an_error(coil):
    assert structure_graph(coil(5), 48).neighbours.shape == (5, 5)
    with pytest.raises(ValueError, match="`neighbours` must be at least 1, got 0"):
        structure_graph(coil(5), 0)
