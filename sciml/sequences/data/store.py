"""Prepared sequences on disk: one Zarr directory with letters, labels, chromosomes and the split of each sequence."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Int8

from sciml.io.errors import InputError
from sciml.io.split import ATTRIBUTES, SPLITS, UNUSED
from sciml.io.zarr_store import read_dataset, write_dataset
from sciml.sequences.data.sequence_set import DNA, PROTEIN, SequenceSet

_DIMENSIONS = {"tokens": ("sequence", "position"), "values": ("sequence", "label"), "chromosome": ("sequence",)}
_TYPES = {"tokens": np.uint8, "values": np.float64, "chromosome": np.int16}
_OPTIONAL = ("values", "chromosome")


def write_sequences(
    sequences: SequenceSet, parts: Int8[np.ndarray, " sequence"], path: str | Path, attributes: Mapping[str, Any]
) -> None:
    """Writes a prepared data set; sequences of no part are not written.

    Args:
        sequences: all of them.
        parts: 0 training, 1 validation, 2 test, -1 unused.
        path: directory to write or replace.
        attributes: JSON values, such as title, seed and the sha256 of the source.
    """
    used = np.flatnonzero(parts != UNUSED)
    kept = sequences.take(used)
    chromosomes = sorted(set(kept.chromosomes or ()))
    facts = {"alphabet": kept.alphabet, "labels": list(kept.labels), "chromosomes": chromosomes}
    dataset = xr.Dataset(
        {"tokens": (_DIMENSIONS["tokens"], kept.tokens.numpy())},
        coords={"split": ("sequence", parts[used], ATTRIBUTES)},
        attrs=dict(attributes) | facts | {"package_version": version("sciml")},
    )
    if kept.labels:
        dataset["values"] = (_DIMENSIONS["values"], np.stack(list(kept.labels.values()), axis=1).astype(np.float64))
    if kept.chromosomes is not None:
        number = {name: k for k, name in enumerate(chromosomes)}
        dataset["chromosome"] = ("sequence", np.array([number[name] for name in kept.chromosomes], dtype=np.int16))
    write_dataset(dataset, path)


def load_sequences(path: str | Path, split: str | None) -> SequenceSet:
    """The sequences of one split of a prepared data set, in the order of their source.

    Args:
        path: directory that `write_sequences` wrote.
        split: "train", "validation" or "test"; None for all of them.

    Raises:
        InputError: a damaged store, one that holds something else, an unknown or an empty split.
    """
    dataset = _whole(path)
    names = [str(name) for name in dataset.attrs["chromosomes"]]
    values = dataset["values"].values if "values" in dataset else np.empty((dataset.sizes["sequence"], 0))
    sequences = SequenceSet(
        torch.from_numpy(np.ascontiguousarray(dataset["tokens"].values)),
        str(dataset.attrs["alphabet"]),
        {str(name): values[:, k].copy() for k, name in enumerate(dataset.attrs["labels"])},
        tuple(names[k] for k in dataset["chromosome"].values) if "chromosome" in dataset else None,
    )
    return sequences if split is None else sequences.take(_members(path, dataset, split))


def summary(path: str | Path) -> dict[str, Any]:
    """Counts of each split, length, and the attributes of a prepared data set, as plain values.

    Raises:
        InputError: a damaged store, or one that holds something else.
    """
    dataset = _whole(path)
    counts = {name: int((dataset["split"] == k).sum()) for k, name in enumerate(SPLITS)}
    return {"sequences": counts, "length": dataset.sizes["position"]} | dict(dataset.attrs)


def _members(path: str | Path, dataset: xr.Dataset, split: str) -> np.ndarray:
    if split not in SPLITS:
        raise InputError(f"`split` must be one of {', '.join(SPLITS)}, got {split!r}")
    members = np.flatnonzero(dataset["split"].values == SPLITS.index(split))
    if not members.size:
        raise InputError(f"{path}: the {split} split is empty")
    return members


def _whole(path: str | Path) -> xr.Dataset:
    dataset = read_dataset(path)
    for name, dims in _DIMENSIONS.items():
        if name not in dataset and name in _OPTIONAL:
            continue
        if name not in dataset or dataset[name].dims != dims or dataset[name].dtype != _TYPES[name]:
            raise InputError(f"{path}: must hold `{name}` ({', '.join(dims)}) as {np.dtype(_TYPES[name])}; prepare it anew")
    if "split" not in dataset or not dataset["tokens"].size:
        raise InputError(f"{path}: must hold `split` and a sequence, got {dataset['tokens'].shape}; prepare it anew")
    _check_facts(path, dataset)
    _check(path, dataset)
    return dataset


def _check_facts(path: str | Path, dataset: xr.Dataset) -> None:
    """What the attributes say of the arrays."""
    alphabet = dataset.attrs.get("alphabet")
    if alphabet not in (DNA, PROTEIN):
        raise InputError(f"{path}: `alphabet` must be {DNA} or {PROTEIN}, got {alphabet!r}; prepare it anew")
    for attribute, count in (("labels", dataset.sizes.get("label", 0)), ("chromosomes", None)):
        names = dataset.attrs.get(attribute)
        if not isinstance(names, list) or (count is not None and len(names) != count):
            raise InputError(f"{path}: `{attribute}` must name each, got {names!r}; prepare it anew")


def _check(path: str | Path, dataset: xr.Dataset) -> None:
    """What `SequenceSet` promises, of sequences that a file says are so."""
    letters, chromosomes = len(dataset.attrs["alphabet"]), len(dataset.attrs["chromosomes"])
    faults = {f"`tokens` must be below {letters}": (dataset["tokens"].values >= letters).any(1)}
    if "values" in dataset:
        faults["`values` must not be infinite"] = np.isinf(dataset["values"].values).any(1)
    if "chromosome" in dataset:
        index = dataset["chromosome"].values
        faults[f"`chromosome` must lie in 0 to {chromosomes - 1}"] = (index < 0) | (index >= chromosomes)
    for text, faulty in faults.items():
        if faulty.any():
            raise InputError(f"{path}: sequence {int(faulty.argmax())}: {text}; prepare the data anew")
