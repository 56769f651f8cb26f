"""Prepared graphs on disk: there and back, and what is said of damage."""

import json

import numpy as np
import pytest
import torch
import xarray as xr

from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.data.store import Properties, load_graphs, load_properties, summary, write_graphs
from sciml.io.errors import InputError
from sciml.io.zarr_store import read_dataset, write_dataset

PARTS = np.array([2, 0, -1, 0, 1], dtype=np.int8)


@pytest.fixture
def graphs():
    generator = torch.Generator().manual_seed(0)
    sizes = torch.tensor([3, 5, 1, 4, 2], dtype=torch.int32)
    mask = torch.arange(5) < sizes[:, None]
    labels = torch.randint(3, (5, 5), generator=generator, dtype=torch.uint8) * mask
    upper = torch.randint(4, (5, 5, 5), generator=generator, dtype=torch.uint8).triu(1)
    return GraphSet(labels, (upper + upper.mT) * mask[:, :, None] * mask[:, None, :], sizes, ("C", "N", "O"))


@pytest.fixture
def store(graphs, tmp_path):
    properties = Properties(("logP", "QED"), np.arange(10, dtype=np.float64).reshape(5, 2))
    write_graphs(graphs, PARTS, tmp_path / "g.zarr", {"title": "five", "seed": 3}, properties)
    return tmp_path / "g.zarr"


def test_splits_come_back_as_they_were(store, graphs):
    for split, rows in (("train", [1, 3]), ("validation", [4]), ("test", [0])):
        loaded, expected = load_graphs(store, split), graphs.take(torch.tensor(rows))
        assert torch.equal(loaded.labels, expected.labels) and torch.equal(loaded.edges, expected.edges)
        assert torch.equal(loaded.sizes, expected.sizes) and loaded.atoms == expected.atoms
        values = load_properties(store, split)
        assert {name: column.tolist() for name, column in values.items()} == {
            "logP": [2.0 * row for row in rows], "QED": [2.0 * row + 1 for row in rows],
        }  # fmt: skip


def test_summary(store):
    found = summary(store)
    assert found["graphs"] == {"train": 2, "validation": 1, "test": 1} and found["nodes"] == [2, 5]
    assert (found["title"], found["seed"], found["atoms"]) == ("five", 3, ["C", "N", "O"])


def test_graphs_without_properties(graphs, tmp_path):
    write_graphs(graphs, np.zeros(5, dtype=np.int8), tmp_path / "g.zarr", {})
    assert load_properties(tmp_path / "g.zarr", "train") == {} and len(load_graphs(tmp_path / "g.zarr", "train")) == 5
    with pytest.raises(InputError, match="the test split is empty"):
        load_graphs(tmp_path / "g.zarr", "test")


def test_unknown_split(store):
    with pytest.raises(InputError, match="`split` must be one of train, validation, test, got 'dev'"):
        load_graphs(store, "dev")


def test_a_damaged_file_is_named(store):
    chunk = next(path for path in (store / "edges" / "c").rglob("*") if path.is_file())
    chunk.write_bytes(chunk.read_bytes()[:-1])
    with pytest.raises(InputError, match="array `edges`: file c/0/0/0 is truncated or changed"):
        load_graphs(store, "train")


def test_another_dataset_is_refused(tmp_path):
    write_dataset(xr.Dataset({"u": ("x", np.ones(3))}), tmp_path / "u.zarr")
    with pytest.raises(InputError, match=r"must hold `labels` \(graph, node\) as uint8"):
        load_graphs(tmp_path / "u.zarr", "train")
    with pytest.raises(InputError, match="no Zarr dataset there"):
        load_graphs(tmp_path / "none.zarr", "train")


@pytest.mark.parametrize(
    ("name", "place", "value", "message"),
    [
        ("size", (2,), 6, "`size` must lie in 1 to 5"),
        ("size", (2,), 0, "`size` must lie in 1 to 5"),
        ("labels", (2, 0), 3, "`labels` must be below 3, and 0 where padded"),
        ("labels", (2, 4), 1, "`labels` must be below 3, and 0 where padded"),
        ("edges", (2, 0, 1), 4, "`edges` must be at most 3"),
        ("edges", (2, 1, 1), 1, "`edges` must be 0 on the diagonal"),
    ],
)
def test_graphs_that_are_none_are_numbered(store, name, place, value, message):
    dataset = read_dataset(store)
    dataset[name].values[place] = value  # the second training graph, of four nodes
    write_dataset(dataset, store)
    with pytest.raises(InputError, match=f"train split: graph 1: {message}; prepare the data anew"):
        load_graphs(store, "train")


def test_edges_must_be_symmetric_and_within_the_graph(store):
    dataset = read_dataset(store)
    dataset["edges"].values[2, 3, 0] ^= 1
    write_dataset(dataset, store)
    with pytest.raises(InputError, match="graph 1: `edges` must be symmetric"):
        load_graphs(store, "train")
    dataset["edges"].values[2] = 0
    dataset["edges"].values[2, [0, 4], [4, 0]] = 1
    write_dataset(dataset, store)
    with pytest.raises(InputError, match="graph 1: `edges` must be 0 where padded"):
        load_graphs(store, "train")


def test_metadata_are_plain(store):
    attributes = json.loads((store / "zarr.json").read_text())["attributes"]
    assert attributes["properties"] == ["logP", "QED"] and "package_version" in attributes
