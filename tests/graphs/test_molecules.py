"""Molecules to graphs and back, against RDKit's own check after each bond."""

import numpy as np
import pytest
import torch
from rdkit import Chem, rdBase

from sciml.graphs.correction import corrected, decoded, is_valid, largest_component
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.molecules import BONDS, from_molecules, largest_valence, to_molecules
from sciml.io.errors import InputError

ATOMS = ("C", "N", "O", "F", "S", "P", "Cl")
SMILES = ["C", "CC#N", "c1ccccc1O", "O=C1CC1", "Cc1nc[nH]c1", "CS(=O)(=O)Cl", "CP(=O)(O)O", "OC(F)(F)F", "c1ccc2ccccc2c1"]


def _parsed(smiles: list[str]) -> list[Chem.Mol]:
    return [Chem.MolFromSmiles(name) for name in smiles]


def _random(count: int, nodes: int, density: float, seed: int) -> GraphSet:
    generator = np.random.default_rng(seed)
    sizes = generator.integers(1, nodes + 1, count)
    there = np.arange(nodes) < sizes[:, None]
    orders = generator.integers(1, 4, (count, nodes, nodes)) * (generator.random((count, nodes, nodes)) < density)
    edges = np.tril(orders, -1) * there[:, :, None] * there[:, None, :]
    labels = generator.integers(0, len(ATOMS), (count, nodes)) * there
    return GraphSet(
        torch.from_numpy(labels.astype(np.uint8)),
        torch.from_numpy((edges + edges.transpose(0, 2, 1)).astype(np.uint8)),
        torch.from_numpy(sizes.astype(np.int32)),
        ATOMS,
    )


def _problem(molecule: Chem.Mol) -> tuple[int, int] | None:
    """Atom and valence that RDKit's sanitiser complains of."""
    with rdBase.BlockLogs():
        try:
            Chem.SanitizeMol(molecule, sanitizeOps=Chem.SanitizeFlags.SANITIZE_PROPERTIES)
        except Chem.AtomValenceException as error:
            atom = error.cause.GetAtomIdx()
            return atom, sum(int(bond.GetBondType()) for bond in molecule.GetAtomWithIdx(atom).GetBonds())
    return None


def _grown(graphs: GraphSet, index: int) -> Chem.RWMol:
    """The paper's way, word by word: a bond, the sanitiser, a charge."""
    molecule = Chem.RWMol()
    for label in graphs.labels[index, : graphs.sizes[index]].tolist():
        molecule.AddAtom(Chem.Atom(ATOMS[label]))
    for i, j in graphs.edges[index].tril(-1).nonzero().tolist():
        molecule.AddBond(i, j, BONDS[int(graphs.edges[index, i, j])])
        if (problem := _problem(molecule)) is not None:
            atom = molecule.GetAtomWithIdx(problem[0])
            if problem[1] - {"N": 3, "O": 2, "S": 2}.get(atom.GetSymbol(), problem[1]) == 1:
                atom.SetFormalCharge(1)
    return molecule


def test_round_trip():
    graphs = from_molecules(_parsed(SMILES), ATOMS)
    back = [Chem.MolToSmiles(decoded(molecule)) for molecule in to_molecules(graphs)]
    assert back == [Chem.CanonSmiles(name) for name in SMILES]
    assert all(map(is_valid, to_molecules(graphs)))


def test_arrays_of_a_molecule():
    """O=CC#N in a frame of six."""
    graphs = from_molecules(_parsed(["O=CC#N"]), ("C", "N", "O"), largest=6)
    assert graphs.labels[0].tolist() == [2, 0, 0, 1, 0, 0]
    expected = torch.zeros(6, 6, dtype=torch.uint8)
    for i, j, order in [(0, 1, 2), (1, 2, 1), (2, 3, 3)]:
        expected[i, j] = expected[j, i] = order
    assert torch.equal(graphs.edges[0], expected)
    assert graphs.sizes.tolist() == [4] and graphs.atoms == ("C", "N", "O")


def test_aromatic_rings_are_kekulised_and_the_molecule_is_not_changed():
    molecule = Chem.MolFromSmiles("c1ccccc1")
    assert from_molecules([molecule], ("C",)).edges[0].sum(0).tolist() == [3] * 6
    assert molecule.GetBondWithIdx(0).GetIsAromatic()


@pytest.mark.parametrize(
    ("smiles", "message"),
    [
        (["C", "C[Si]"], r"molecule 1 \(C\[Si\]\): element Si is not among C, N"),
        (["CCCC"], r"molecule 0 \(CCCC\): 4 atoms, allowed are 1 to 3"),
        ([""], r"molecule 0 \(\): 0 atoms, allowed are 1 to 3"),
        (["N->C"], "bond of type DATIVE"),
    ],
)
def test_what_does_not_fit_is_refused(smiles: list[str], message: str):
    with pytest.raises(InputError, match=message):
        from_molecules(_parsed(smiles), ("C", "N"), largest=3)


def test_graphs_that_are_no_molecules_are_refused():
    graphs = GraphSet(torch.zeros(1, 1, dtype=torch.uint8), torch.zeros(1, 1, 1, dtype=torch.uint8), torch.ones(1).int())
    with pytest.raises(ValueError, match="`graphs` must be molecules"):
        to_molecules(graphs)


@pytest.mark.parametrize("density", [0.15, 0.3, 0.6])
def test_charges_and_validity_as_grown_bond_by_bond(density: float):
    graphs = _random(200, 9, density, seed=0)
    drawn = to_molecules(graphs)
    expected = [_grown(graphs, index) for index in range(200)]
    for one, other in zip(drawn, expected, strict=True):
        assert [a.GetFormalCharge() for a in one.GetAtoms()] == [a.GetFormalCharge() for a in other.GetAtoms()]
        assert [(b.GetBeginAtomIdx(), b.GetEndAtomIdx(), b.GetBondType()) for b in one.GetBonds()] == [
            (b.GetBeginAtomIdx(), b.GetEndAtomIdx(), b.GetBondType()) for b in other.GetBonds()
        ]
        assert is_valid(one) == (_problem(other) is None)
    assert 0 < sum(map(is_valid, drawn)) < 200 or density > 0.5


def test_correction_makes_valid_and_takes_only_what_it_must():
    drawn = to_molecules(_random(200, 9, 0.3, seed=1))
    for molecule in drawn:
        after = corrected(molecule)
        assert is_valid(after) and after.GetNumAtoms() == molecule.GetNumAtoms()
        assert (after.GetNumBonds() == molecule.GetNumBonds()) or not is_valid(molecule)
        if is_valid(molecule):
            assert Chem.MolToSmiles(after) == Chem.MolToSmiles(molecule)


def test_correction_lowers_the_largest_bond_of_the_first_atom_at_fault():
    """Carbon with a triple and two single bonds loses one of the triple; the molecule itself stays."""
    drawn = Chem.MolFromSmiles("C(C)(C)#CC", sanitize=False)
    assert not is_valid(drawn)
    assert Chem.MolToSmiles(largest_component(corrected(drawn))) == "CC=C(C)C"
    assert not is_valid(drawn)


def test_nitrogen_of_four_bonds_is_charged_and_of_five_is_not_valid():
    edges = torch.zeros(2, 6, 6, dtype=torch.uint8)
    for index, bonds in enumerate((4, 5)):
        edges[index, 0, 1 : bonds + 1] = edges[index, 1 : bonds + 1, 0] = 1
    labels = torch.tensor([[1, 0, 0, 0, 0, 0]] * 2, dtype=torch.uint8)
    four, five = to_molecules(GraphSet(labels, edges, torch.tensor([5, 6], dtype=torch.int32), ATOMS))
    assert Chem.MolToSmiles(four) == "C[N+](C)(C)C" and is_valid(four)
    assert not is_valid(five) and Chem.MolToSmiles(decoded(five)) == "C[N+](C)(C)C"


def test_largest_component():
    assert Chem.MolToSmiles(largest_component(Chem.MolFromSmiles("O.CCO.N"))) == "CCO"


def test_valences():
    assert [largest_valence(symbol) for symbol in ("C", "N", "O", "F")] == [4, 3, 2, 1]
    assert [largest_valence(symbol, 1) for symbol in ("N", "O")] == [4, 3]
