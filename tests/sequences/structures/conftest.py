"""Chains built from bond lengths, angles and torsions, and PDB files of them."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from Bio.Data.PDBData import protein_letters_1to3

from sciml.sequences.data.sequence_set import PROTEIN
from sciml.sequences.structures.backbone import ATOMS, Backbone


def _placed(a: np.ndarray, b: np.ndarray, c: np.ndarray, length: float, angle: float, torsion: float) -> np.ndarray:
    """The atom d with |cd|, angle bcd and torsion abcd, in Angstrom and degrees."""
    angle, torsion = math.radians(angle), math.radians(torsion)
    x = (c - b) / np.linalg.norm(c - b)
    normal = np.cross(b - a, x)
    normal /= np.linalg.norm(normal)
    away = np.cross(normal, x)
    turned = [-math.cos(angle), math.sin(angle) * math.cos(torsion), math.sin(angle) * math.sin(torsion)]
    return c + length * (turned[0] * x + turned[1] * away + turned[2] * normal)


def _chain(torsions: list[tuple[float, float]]) -> torch.Tensor:
    """Backbone of ideal bonds and angles with these phi and psi, omega 180."""
    n, ca = np.zeros(3), np.array([1.458, 0.0, 0.0])
    c = _placed(np.array([0.0, 1.0, 0.0]), n, ca, 1.525, 111.0, torsions[0][0])
    rows = []
    for k, (_, psi) in enumerate(torsions):
        o = _placed(n, ca, c, 1.231, 120.5, psi + 180)
        rows.append(np.stack([n, ca, c, o]))
        if k + 1 < len(torsions):
            following = _placed(n, ca, c, 1.329, 116.6, psi)
            alpha = _placed(ca, c, following, 1.458, 121.7, 180.0)
            n, ca, c = following, alpha, _placed(c, following, alpha, 1.525, 111.0, torsions[k + 1][0])
    return torch.from_numpy(np.stack(rows))


@pytest.fixture
def helix() -> Backbone:
    """Thirty alanines in an alpha helix."""
    return Backbone(_chain([(-57.8, -47.0)] * 30), "A" * 30, torch.arange(30), tuple(str(k + 1) for k in range(30)))


@pytest.fixture
def coil() -> Callable[..., Backbone]:
    """A chain with torsions and letters at random, so that no two residues are alike."""

    def build(length: int = 20, seed: int = 0) -> Backbone:
        generator = np.random.default_rng(seed)
        torsions = [(float(phi), float(psi)) for phi, psi in generator.uniform((-140, -60), (-50, 150), (length, 2))]
        letters = "".join(generator.choice(list(PROTEIN), length))
        return Backbone(_chain(torsions), letters, torch.arange(length), tuple(str(k + 1) for k in range(length)))

    return build


def atom_line(
    name: str,
    residue: str,
    number: int,
    xyz: object,
    *,
    chain: str = "A",
    record: str = "ATOM",
    altloc: str = " ",
    insertion: str = " ",
    occupancy: float = 1.0,
) -> str:
    """One record of a PDB file."""
    x, y, z = (f"{float(value):8.3f}" if not isinstance(value, str) else f"{value:>8}" for value in xyz)
    place = f"{chain}{number:4d}{insertion}"
    return f"{record:6}    1  {name:3}{altloc}{residue:>3} {place}   {x}{y}{z}{occupancy:6.2f}  0.00          {name[0]:>2}\n"


@pytest.fixture
def lines() -> Callable[..., list[str]]:
    """The records of a backbone's atoms."""

    def of(backbone: Backbone, chain: str = "A") -> list[str]:
        rows = []
        for letter, number, atoms in zip(backbone.letters, backbone.names, backbone.coordinates.tolist(), strict=True):
            residue = protein_letters_1to3[letter].upper()
            rows += [atom_line(name, residue, int(number), xyz, chain=chain) for name, xyz in zip(ATOMS, atoms, strict=True)]
        return rows

    return of


@pytest.fixture
def line() -> Callable[..., str]:
    """One record, see `atom_line`."""
    return atom_line


@pytest.fixture
def write(tmp_path: Path) -> Callable[[list[str]], Path]:
    """A file of records."""

    def to(records: list[str]) -> Path:
        path = tmp_path / "x.pdb"
        path.write_text("".join(records), encoding="ascii")
        return path

    return to


@pytest.fixture
def mirror(mirror: Path) -> Path:
    """The folder of real proteins."""
    return mirror / "proteins"
