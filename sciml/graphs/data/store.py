"""Prepared graphs on disk: one Zarr directory with labels, edges, sizes and the split of each graph."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64, Int8
from torch import Tensor

from sciml.graphs.data.graph_set import GraphSet
from sciml.io.errors import InputError
from sciml.io.split import ATTRIBUTES, SPLITS, UNUSED
from sciml.io.zarr_store import read_dataset, write_dataset

MOST_EDGES = 3
_CHUNK = 4096
_DIMENSIONS = {"labels": ("graph", "node"), "edges": ("graph", "node", "node2"), "size": ("graph",)}
_TYPES = {"labels": np.uint8, "edges": np.uint8, "size": np.int32}


@dataclass(frozen=True)
class Properties:
    """Numbers known of each graph.

    Args:
        names: of the columns.
        values: one row a graph.
    """

    names: tuple[str, ...]
    values: Float64[np.ndarray, "graph property"]


def write_graphs(
    graphs: GraphSet,
    parts: Int8[np.ndarray, " graph"],
    path: str | Path,
    attributes: Mapping[str, Any],
    properties: Properties | None = None,
) -> None:
    """Writes a prepared data set; graphs of no part are not written.

    Args:
        graphs: all of them, padded to one size, which is kept.
        parts: 0 training, 1 validation, 2 test, -1 unused, as `sciml.io.split.labels` gives them.
        path: directory to write or replace.
        attributes: JSON values, such as title, seed and the sha256 of the source.
        properties: of each graph.
    """
    used = parts != UNUSED
    kept = graphs if used.all() else graphs.take(torch.from_numpy(used))
    variables = {"labels": kept.labels.numpy(), "edges": kept.edges.numpy(), "size": kept.sizes.numpy()}
    dataset = xr.Dataset(
        {name: (_DIMENSIONS[name], values) for name, values in variables.items()},
        coords={"split": ("graph", parts[used], ATTRIBUTES)},
        attrs=dict(attributes) | {"atoms": list(graphs.atoms), "package_version": version("sciml")},
    )
    if properties is not None and properties.names:
        dataset["properties"] = (("graph", "property"), properties.values[used])
        dataset.attrs["properties"] = list(properties.names)
    write_dataset(dataset, path)


def load_graphs(path: str | Path, split: str) -> GraphSet:
    """The graphs of one split of a prepared data set, padded to the largest graph of the whole.

    Args:
        path: directory that `write_graphs` wrote.
        split: "train", "validation" or "test".

    Raises:
        InputError: a damaged store, one that holds something else, an unknown or an empty split.
    """
    dataset = _part(path, split)
    atoms = tuple(map(str, dataset.attrs["atoms"]))
    labels, edges, sizes = (torch.from_numpy(np.ascontiguousarray(dataset[name].values)) for name in _DIMENSIONS)
    graphs = GraphSet(labels, edges, sizes, atoms)
    for start in range(0, len(graphs), _CHUNK):
        _check(graphs.take(slice(start, start + _CHUNK)), f"{path}: {split} split: graph", start)
    return graphs


def load_properties(path: str | Path, split: str) -> dict[str, Float64[Tensor, " graph"]]:
    """The properties of the graphs of one split, in their order, by name; empty if there are none.

    Raises:
        InputError: as `load_graphs`.
    """
    dataset = _part(path, split)
    if "properties" not in dataset:
        return {}
    columns = torch.from_numpy(np.ascontiguousarray(dataset["properties"].values))
    return dict(zip(map(str, dataset.attrs["properties"]), columns.unbind(1), strict=True))


def summary(path: str | Path) -> dict[str, Any]:
    """Counts of each split, range of sizes, and the attributes of a prepared data set, as plain values.

    Raises:
        InputError: a damaged store, or one that holds something else.
    """
    dataset = _whole(path)
    counts = {name: int((dataset["split"] == k).sum()) for k, name in enumerate(SPLITS)}
    size = dataset["size"].values
    return {"graphs": counts, "nodes": [int(size.min()), int(size.max())]} | dict(dataset.attrs)


def _whole(path: str | Path) -> xr.Dataset:
    dataset = read_dataset(path)
    for name, dims in _DIMENSIONS.items():
        if name not in dataset or dataset[name].dims != dims or dataset[name].dtype != _TYPES[name]:
            raise InputError(f"{path}: must hold `{name}` ({', '.join(dims)}) as {np.dtype(_TYPES[name])}; prepare it anew")
    if dataset.sizes["node"] != dataset.sizes["node2"] or not dataset.sizes["graph"]:
        raise InputError(f"{path}: `edges` must be square and hold a graph, got {dataset['edges'].shape}; prepare it anew")
    if "split" not in dataset.coords or "atoms" not in dataset.attrs:
        raise InputError(f"{path}: no coordinate `split` or no attribute `atoms`; prepare it anew")
    return dataset


def _part(path: str | Path, split: str) -> xr.Dataset:
    if split not in SPLITS:
        raise InputError(f"`split` must be one of {', '.join(SPLITS)}, got {split!r}")
    dataset = _whole(path)
    members = np.flatnonzero(dataset["split"].values == SPLITS.index(split))
    if not members.size:
        raise InputError(f"{path}: the {split} split is empty")
    return dataset if len(members) == dataset.sizes["graph"] else dataset.isel(graph=members)


def _check(graphs: GraphSet, where: str, start: int) -> None:
    """What `GraphSet` promises, of graphs that a file says are so."""
    edges, labels, mask = graphs.edges, graphs.labels, graphs.mask
    kinds = max(len(graphs.atoms), 1)
    most = MOST_EDGES if graphs.molecules else 1
    faults = {
        f"`size` must lie in 1 to {labels.shape[1]}": (graphs.sizes < 1) | (graphs.sizes > labels.shape[1]),
        f"`labels` must be below {kinds}, and 0 where padded": ((labels >= kinds) | ((labels > 0) & ~mask)).any(1),
        f"`edges` must be at most {most}": (edges > most).flatten(1).any(1),
        "`edges` must be symmetric": (edges != edges.mT).flatten(1).any(1),
        "`edges` must be 0 on the diagonal": (edges.diagonal(dim1=1, dim2=2) > 0).any(1),
        "`edges` must be 0 where padded": ((edges > 0).any(2) & ~mask).any(1),
    }
    for text, faulty in faults.items():
        if faulty.any():
            raise InputError(f"{where} {start + int(faulty.nonzero()[0])}: {text}; prepare the data anew")
