"""What is allowed of molecules, and the account of what is left out."""

import numpy as np
import pytest
import torch
from rdkit import Chem

from sciml.graphs.data import molecule_set as module
from sciml.graphs.data.molecule_rows import Row, parsed
from sciml.graphs.data.molecule_set import QM9_ATOMS, ZINC_ATOMS, Rules, molecule_set
from sciml.io.errors import InputError

RULES = Rules(QM9_ATOMS, 9)
FAULTS = [
    ("C(C", "unreadable", r"is empty or none that RDKit can read"),
    ("", "unreadable", r"molecule \(empty\) is empty"),
    ("CCS", "element", r"molecule CCS has the element S, allowed are C, N, O, F \(`atoms`\)"),
    ("[H][H]", "element", r"has the element H"),
    ("CCCCCCCCCC", "size", r"has 10 heavy atoms, allowed are 1 to 9 \(`largest`\)"),
    ("CC.O", "disconnected", r"has 2 parts that no bond joins, allowed is 1"),
    ("C[CH]C", "radical", r"has an unpaired electron"),
    ("C[NH3+]", "charge", r"has a charged atom; `charges: drop` leaves charges out"),
    ("CN->C", "bond", r"has a bond that is not single, double, triple or aromatic"),
]


def rows(*smiles, start=1):
    return [Row(f"m.smi: line {k}", text, parsed(text), (float(k),)) for k, text in enumerate(smiles, start=start)]


@pytest.mark.parametrize(("smiles", "kind", "text"), FAULTS)
def test_a_molecule_that_is_not_allowed_is_named(smiles, kind, text):
    with pytest.raises(
        InputError, match=rf"^m.smi: line 2: molecule .*{text.removeprefix('molecule ')}.*`skip_invalid: true`"
    ):
        molecule_set(rows("CC", smiles), RULES)
    found = molecule_set(rows("CC", smiles, "CO"), RULES, skip_invalid=True)
    assert found.left_out == {kind: 1} and "line 2" in found.examples[kind]
    assert len(found.graphs) == 2 and found.properties.tolist() == [[1.0], [3.0]]


def test_all_faults_are_counted_across_chunks(monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 4)
    smiles = [fault[0] for fault in FAULTS] * 3 + ["CCCCC", "CO"]
    found = molecule_set(rows(*smiles), RULES, skip_invalid=True)
    assert found.left_out == {
        "unreadable": 6, "element": 6, "size": 3, "disconnected": 3, "radical": 3, "charge": 3, "bond": 3,
    }  # fmt: skip
    assert found.graphs.sizes.tolist() == [5, 2] and found.graphs.edges.shape == (2, 5, 5)
    assert found.properties[:, 0].tolist() == [28.0, 29.0]


def test_graphs_are_those_of_the_molecules():
    found = molecule_set(rows("C#N", "c1ccccc1O", "C=O"), RULES, width=9)
    assert found.graphs.labels[:, :3].tolist() == [[0, 1, 0], [0, 0, 0], [0, 2, 0]]
    ring = found.graphs.edges[1]
    assert ring.shape == (9, 9) and torch.equal(ring, ring.T)
    assert sorted(ring[:6, :6].triu(1).flatten().tolist())[-6:] == [1, 1, 1, 2, 2, 2] and ring[5, 6] == 1
    assert found.charged == 0 and np.array_equal(found.properties[:, 0], [1, 2, 3])


def test_charges_can_be_dropped_and_are_counted():
    found = molecule_set(rows("C[N+](=O)[O-]", "CC"), Rules(ZINC_ATOMS, None, "drop"))
    assert found.charged == 1 and found.graphs.sizes.tolist() == [4, 2]
    assert found.graphs.edges[0].sum() == 2 * (1 + 2 + 1)


def test_elements_are_told_from_their_aromatic_forms():
    assert Rules(("C", "N")).fault(Chem.MolFromSmiles("c1ccncc1")) is None
    assert Rules(("C",)).fault(Chem.MolFromSmiles("c1ccncc1"))[0] == "element"


@pytest.mark.parametrize(
    ("atoms", "message"), [((), "at least one"), (("C", "C"), "got C twice"), (("C", "Xx"), "got 'Xx'")]
)
def test_elements_are_known_and_different(atoms, message):
    with pytest.raises(InputError, match=f"^`atoms` must be .*{message}"):
        Rules(atoms)


@pytest.mark.parametrize("smiles", ["[2H]C", "C([2H])([3H])[2H]", "[13CH4]", r"[H]/N=C/C", "[2H]n1cccc1"])
def test_hydrogens_and_isotopes_are_left_out(smiles):
    plain = Chem.RemoveAllHs(Chem.MolFromSmiles(smiles))
    found = molecule_set(rows(smiles), RULES).graphs
    assert found.sizes.tolist() == [plain.GetNumHeavyAtoms()]


def test_no_molecule_is_an_error():
    with pytest.raises(InputError, match=r"there is no molecule; m.smi: line 1: molecule CCS has the element S"):
        molecule_set(rows("CCS"), RULES, skip_invalid=True)
    with pytest.raises(InputError, match="there is no molecule"):
        molecule_set([], RULES)
