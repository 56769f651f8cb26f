"""QM9 and ZINC250k: which rows are taken, and that they become the molecules of those rows."""

import gzip
import json

import numpy as np
import pytest
import torch
from rdkit import Chem

from sciml.graphs.data.molecule_rows import read_smiles
from sciml.graphs.data.published_molecules import chosen_rows, prepare_published, read_rows_file
from sciml.graphs.data.store import load_graphs, summary
from sciml.graphs.molecules import to_molecules
from sciml.io.errors import InputError


@pytest.fixture
def published(tmp_path):
    """Six molecules, of which rows 1 and 4 are for testing."""
    (tmp_path / "qm9.csv").write_text("smiles\nC\nCN\nCO\nCF\nCCC\nCCO\n")
    (tmp_path / "rows.json").write_text('{"valid_idxs": ["000004", "000001"]}')
    return tmp_path / "qm9.csv", tmp_path / "rows.json"


def names(graphs):
    return [Chem.CanonSmiles(Chem.MolToSmiles(molecule)) for molecule in to_molecules(graphs)]


def test_all_rows(published, tmp_path):
    prepare_published("qm9", *published, tmp_path / "q.zarr")
    assert names(load_graphs(tmp_path / "q.zarr", "train")) == ["C", "CO", "CF", "CCO"]
    assert names(load_graphs(tmp_path / "q.zarr", "test")) == ["CN", "CCC"]
    assert load_graphs(tmp_path / "q.zarr", "test").edges.shape == (2, 9, 9)
    assert load_graphs(tmp_path / "q.zarr", "test").atoms == ("C", "N", "O", "F")


def test_some_rows_are_chosen_by_seed_from_their_own_set():
    members, parts = chosen_rows(1000, list(range(0, 1000, 5)), 300, 50, 40, seed=3)
    assert np.bincount(parts).tolist() == [300, 50, 40] and len(set(members)) == 390
    assert (members[parts == 2] % 5 == 0).all() and (members[parts < 2] % 5 > 0).all()
    fewer, same = chosen_rows(1000, list(range(0, 1000, 5)), 200, 50, 40, seed=3)
    for k in (0, 1, 2):  # a larger subset holds a smaller one
        assert set(fewer[same == k]) <= set(members[parts == k])
    assert set(chosen_rows(1000, list(range(0, 1000, 5)), 300, 50, 40, seed=4)[0]) != set(members)


def test_more_than_there_are(published, tmp_path):
    with pytest.raises(InputError, match="at most 4 together and `test` at most 2, got 4, 1 and 2"):
        prepare_published("qm9", *published, tmp_path / "q.zarr", train=4, validation=1)


def test_rows_that_will_not_do(tmp_path):
    path = tmp_path / "rows.json"
    for content, message in (
        ("[1, 9]", "row 9: must be there once and lie in 0 to 5"),
        ("[1, 1]", "row 1: must be there once"),
        ('{"rows": [1]}', "must be JSON, a list of rows or one named valid_idxs"),
        ("[1, ", "must be JSON"),
        ("[" * 100_000, "must be JSON"),
        ("[1, 1e999]", "inf is no row"),
        ("[1.5]", "1.5 is no row"),
        ("[true]", "True is no row"),
        ('"012"', "got str"),
    ):
        path.write_text(content)
        with pytest.raises(InputError, match=message):
            read_rows_file(path, 6)


def test_a_molecule_that_is_not_of_the_set_is_named(published, tmp_path):
    published[0].write_text("smiles\nC\nCN\nCO\nCS\nCCC\nCCO\n")
    with pytest.raises(InputError, match=r"qm9.csv: line 5: molecule CS has the element S"):
        prepare_published("qm9", *published, tmp_path / "q.zarr")


def test_counts_of_the_papers(mirror):
    for name, rows, train, test in (("qm9", 133885, 120803, 13082), ("zinc250k", 249455, 224568, 24887)):
        numbers = read_rows_file(mirror / "molecules" / f"valid_idx_{name}.json", rows)
        _, parts = chosen_rows(rows, numbers, None, 0, None, 0)
        assert np.bincount(parts, minlength=3).tolist() == [train, 0, test]


def test_zinc_as_in_the_file(mirror, tmp_path):
    source, rows = mirror / "molecules" / "zinc250k.txt.gz", mirror / "molecules" / "valid_idx_zinc250k.json"
    prepare_published("zinc250k", source, rows, tmp_path / "z.zarr", train=200, test=100, seed=1)
    smiles = [text for _, text in read_smiles(source)]
    members, parts = chosen_rows(len(smiles), json.loads(rows.read_text()), 200, 0, 100, 1)
    for split, k in (("train", 0), ("test", 2)):
        graphs = load_graphs(tmp_path / "z.zarr", split)
        expected = [Chem.MolFromSmiles(smiles[i]) for i in members[parts == k]]
        assert graphs.labels.shape[1] == 38
        assert graphs.sizes.tolist() == [molecule.GetNumHeavyAtoms() for molecule in expected]
        for molecule in expected:
            Chem.Kekulize(molecule, clearAromaticFlags=True)
        orders = [sum(bond.GetBondTypeAsDouble() for bond in molecule.GetBonds()) for molecule in expected]
        assert torch.equal(graphs.edges.sum((1, 2)), 2 * torch.tensor(orders).long())
    assert summary(tmp_path / "z.zarr")["charges_left_out"] == sum(
        any(atom.GetFormalCharge() for atom in Chem.MolFromSmiles(smiles[i]).GetAtoms()) for i in members
    )
    with gzip.open(source, "rt") as file:
        assert len(smiles) == sum(1 for _ in file)
