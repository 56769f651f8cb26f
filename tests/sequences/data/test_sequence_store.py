"""Prepared sequences on disk: there and back, and what is said of damage."""

import json

import numpy as np
import pytest
import torch
import xarray as xr

from sciml.io.errors import InputError
from sciml.io.zarr_store import read_dataset, write_dataset
from sciml.sequences.data.sequence_set import DNA, PROTEIN, SequenceSet
from sciml.sequences.data.store import load_sequences, summary, write_sequences

PARTS = np.array([2, 0, -1, 0, 1], dtype=np.int8)


@pytest.fixture
def sequences():
    tokens = torch.randint(4, (5, 7), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    labels = {"activity": np.array([0.5, np.nan, 2.0, -3.0, 4.0]), "bound": np.array([0.0, 1, 0, 1, 1])}
    return SequenceSet(tokens, DNA, labels, ("chrX", "chr1", "chr7", "chr2", "chr1"))


@pytest.fixture
def store(sequences, tmp_path):
    write_sequences(sequences, PARTS, tmp_path / "s.zarr", {"title": "five", "seed": 3})
    return tmp_path / "s.zarr"


def same(one, other):
    for name, values in one.labels.items():
        np.testing.assert_array_equal(values, other.labels[name])
    assert torch.equal(one.tokens, other.tokens) and list(one.labels) == list(other.labels)
    return one.alphabet == other.alphabet and one.chromosomes == other.chromosomes


def test_splits_come_back_as_they_were(store, sequences):
    for split, rows in (("train", [1, 3]), ("validation", [4]), ("test", [0]), (None, [0, 1, 3, 4])):
        assert same(load_sequences(store, split), sequences.take(np.array(rows)))


def test_proteins_without_labels_and_chromosomes(tmp_path):
    proteins = SequenceSet(torch.arange(20, dtype=torch.uint8).reshape(4, 5), PROTEIN)
    write_sequences(proteins, np.zeros(4, dtype=np.int8), tmp_path / "p.zarr", {})
    assert same(load_sequences(tmp_path / "p.zarr", "train"), proteins)
    assert load_sequences(tmp_path / "p.zarr", None).letters() == ["ACDEF", "GHIKL", "MNPQR", "STVWY"]
    with pytest.raises(InputError, match="the test split is empty"):
        load_sequences(tmp_path / "p.zarr", "test")


def test_summary(store):
    found = summary(store)
    assert found["sequences"] == {"train": 2, "validation": 1, "test": 1} and found["length"] == 7
    assert (found["title"], found["seed"], found["alphabet"]) == ("five", 3, "ACGT")
    assert found["labels"] == ["activity", "bound"] and found["chromosomes"] == ["chr1", "chr2", "chrX"]


def test_unknown_split(store):
    with pytest.raises(InputError, match="`split` must be one of train, validation, test, got 'dev'"):
        load_sequences(store, "dev")


def test_a_damaged_file_is_named(store):
    chunk = next(path for path in (store / "tokens" / "c").rglob("*") if path.is_file())
    chunk.write_bytes(chunk.read_bytes()[:-1])
    with pytest.raises(InputError, match="array `tokens`: file c/0/0 is truncated or changed"):
        load_sequences(store, "train")


def test_another_dataset_is_refused(tmp_path):
    write_dataset(xr.Dataset({"u": ("x", np.ones(3))}), tmp_path / "u.zarr")
    with pytest.raises(InputError, match=r"u.zarr: must hold `tokens` \(sequence, position\) as uint8; prepare it anew"):
        load_sequences(tmp_path / "u.zarr", "train")
    with pytest.raises(InputError, match="no Zarr dataset there"):
        summary(tmp_path / "none.zarr")


@pytest.mark.parametrize(
    ("name", "place", "value", "message"),
    [
        ("tokens", (2, 3), 4, "sequence 2: `tokens` must be below 4"),
        ("values", (1, 0), np.inf, "sequence 1: `values` must not be infinite"),
        ("chromosome", (3,), 3, "sequence 3: `chromosome` must lie in 0 to 2"),
        ("chromosome", (0,), -1, "sequence 0: `chromosome` must lie in 0 to 2"),
    ],
)
def test_sequences_that_are_none_are_numbered(store, name, place, value, message):
    dataset = read_dataset(store)
    dataset[name].values[place] = value
    write_dataset(dataset, store)
    with pytest.raises(InputError, match=f"s.zarr: {message}; prepare the data anew"):
        load_sequences(store, "train")


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("alphabet", "ACGU", "`alphabet` must be ACGT or ACDEFGHIKLMNPQRSTVWY, got 'ACGU'"),
        ("labels", ["activity"], r"`labels` must name each, got \['activity'\]"),
        ("chromosomes", None, "`chromosomes` must name each, got None"),
    ],
)
def test_facts_that_do_not_fit(store, attribute, value, message):
    dataset = read_dataset(store)
    dataset.attrs[attribute] = value
    write_dataset(dataset, store)
    with pytest.raises(InputError, match=message):
        summary(store)


def test_no_split_and_other_types(store):
    dataset = read_dataset(store)
    write_dataset(dataset.drop_vars("split"), store)
    with pytest.raises(InputError, match="must hold `split` and a sequence"):
        summary(store)
    dataset["values"] = dataset["values"].astype(np.float32)
    write_dataset(dataset, store)
    with pytest.raises(InputError, match=r"must hold `values` \(sequence, label\) as float64"):
        summary(store)


def test_metadata_are_plain(store):
    attributes = json.loads((store / "zarr.json").read_text())["attributes"]
    assert attributes["labels"] == ["activity", "bound"] and "package_version" in attributes
