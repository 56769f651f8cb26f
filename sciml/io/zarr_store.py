"""Datasets as Zarr directories that know their own contents.

Zarr reads a missing chunk as fill values without a word. So the root metadata records, for each array, the sha256 of
each of its files (chunks and `zarr.json`) under the attribute `sha256`, and of itself; `read_dataset` compares before any
array is opened. Reading runs no code from the store: it is JSON and compressed numbers.
"""

import hashlib
import json
import math
import warnings
from pathlib import Path
from typing import Any

import xarray as xr

from sciml.io.atomic import atomic_directory
from sciml.io.errors import InputError
from sciml.io.fetch import sha256

_CHUNK_BYTES = 1 << 22
_STORES = ("zarr.json", ".zgroup")  # of Zarr formats 3 and 2
_MANIFEST = "sha256"
_SELF = "."  # stands among the arrays for the metadata of the whole; stores of earlier versions have none


def _chunks(array: xr.Variable) -> tuple[int, ...]:
    """Chunks of at most about 4 MiB, cut along the first dimension only (a trajectory or frame stays whole)."""
    if not array.ndim:
        return ()
    row = max(1, math.prod(array.shape[1:]) * array.dtype.itemsize)
    return (max(1, min(array.shape[0], _CHUNK_BYTES // row)), *(max(1, size) for size in array.shape[1:]))


def _files(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): sha256(p) for p in sorted(folder.rglob("*")) if p.is_file()}


def write_dataset(dataset: xr.Dataset, path: str | Path) -> None:
    """Writes a dataset as a Zarr (format 3) directory, atomically, with the sha256 of each file of each array.

    Args:
        dataset: Numbers and dates only; attributes must be JSON. Encodings of the file it came from are dropped.
        path: Directory to write, or to replace, if it is a Zarr store.

    Raises:
        InputError: there is a folder with other things in it.
    """
    check_replaceable(Path(path))
    plain = dataset.drop_encoding()
    encoding = {str(name): {"chunks": _chunks(array)} for name, array in plain.variables.items() if array.ndim}
    with atomic_directory(path) as folder:
        plain.to_zarr(folder, mode="w", zarr_format=3, consolidated=False, encoding=encoding)
        root = folder / "zarr.json"
        metadata = json.loads(root.read_text())
        metadata["attributes"][_MANIFEST] = {str(name): _files(folder / str(name)) for name in plain.variables}
        metadata["attributes"][_MANIFEST][_SELF] = {root.name: _metadata_digest(metadata)}
        root.write_text(json.dumps(metadata, indent=1))


def check_replaceable(path: Path) -> None:
    """Whether a dataset may be written to a path: what was there is removed, so it must not be a folder of other things.

    Raises:
        InputError: it is one.
    """
    stores = [*(path / name for name in _STORES), *path.glob("*/zarr.json")]  # one that was damaged may lack its own
    if path.is_dir() and any(path.iterdir()) and not any(each.is_file() for each in stores):
        raise InputError(
            f"{path}: is a folder with other things in it, which would be lost: name another place for the dataset"
        )


def is_own_store(path: str | Path) -> bool:
    """Whether `write_dataset` wrote this directory: its metadata hold a record of sha256, be it whole or not."""
    try:
        return _MANIFEST in json.loads((Path(path) / "zarr.json").read_text(encoding="utf-8"))["attributes"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def read_dataset(path: str | Path) -> xr.Dataset:
    """Reads what `write_dataset` wrote into memory, in order, after comparing each file with its recorded sha256.

    Raises:
        InputError: Naming path, array and file: no such store, unreadable metadata, an array that is not in the
            record, a file that is missing, truncated or changed, or no field at all.
    """
    path = Path(path)
    manifest = verify_dataset(path)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Object at .snakemake_timestamp")  # the workflow's own mark
            with xr.open_zarr(path, consolidated=False, chunks=None) as dataset:
                loaded = dataset.load().drop_encoding()
    except (ValueError, LookupError, TypeError, OSError, RuntimeError, AttributeError) as error:
        raise InputError(f"{path}: cannot be read as Zarr ({error}); write it anew") from error
    if not loaded.data_vars:
        raise InputError(f"{path}: there is no field in this dataset; write it anew")
    del loaded.attrs[_MANIFEST]
    return loaded[[name for name in manifest if name in loaded.data_vars]]  # as written; a folder has no order


def verify_dataset(path: Path) -> dict[str, dict[str, str]]:
    """Compares each file with its recorded sha256; the record, by array and file.

    Raises:
        InputError: as `read_dataset`, but what the arrays hold is not looked at.
    """
    manifest = _manifest(path)
    for array, recorded in manifest.items():
        _verify(path, array, recorded)
    stored = {metadata.parent.name for metadata in path.glob("*/zarr.json")}
    for array in sorted(stored ^ manifest.keys()):
        missing = "the record of sha256" if array in stored else "the store"
        raise InputError(f"{path}: array `{array}` is missing from {missing}; write the dataset anew")
    return manifest


def _manifest(path: Path) -> dict[str, dict[str, str]]:
    """The record of the arrays; that of the metadata themselves is compared."""
    root = path / "zarr.json"
    if not root.is_file():
        raise InputError(f"{path}: no Zarr dataset there (`zarr.json` is missing)")
    try:
        metadata = json.loads(root.read_text(encoding="utf-8"))
        record = {str(array): dict(files) for array, files in metadata["attributes"][_MANIFEST].items()}
        own = record.pop(_SELF, None)
        changed = own is not None and own != {root.name: _metadata_digest(metadata)}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{root}: corrupt metadata or no `{_MANIFEST}` record ({error!r}); write it anew") from error
    if changed:
        raise InputError(f"{root}: corrupt metadata: they do not match their sha256; write it anew")
    return record


def attributes_of(path: Path) -> dict[str, Any]:
    """What a dataset says of itself.

    Raises:
        InputError: its metadata are missing or corrupt.
    """
    _manifest(path)
    attributes: dict[str, Any] = json.loads((path / "zarr.json").read_text(encoding="utf-8"))["attributes"]
    return {name: value for name, value in attributes.items() if name != _MANIFEST}


def _metadata_digest(metadata: dict[str, Any]) -> str:
    """Of all that the root says but this digest itself."""
    attributes = dict(metadata["attributes"])
    attributes[_MANIFEST] = {name: files for name, files in attributes[_MANIFEST].items() if name != _SELF}
    return hashlib.sha256(json.dumps({**metadata, "attributes": attributes}, sort_keys=True).encode()).hexdigest()


def _verify(path: Path, array: str, recorded: dict[str, str]) -> None:
    found = _files(path / array)
    for name, digest in recorded.items():
        if name not in found:
            raise InputError(f"{path}: array `{array}`: file {name} is missing; write the dataset anew")
        if found[name] != digest:
            raise InputError(
                f"{path}: array `{array}`: file {name} is truncated or changed "
                f"(sha256 {found[name][:12]}, recorded {digest[:12]}); write the dataset anew"
            )
    if extra := sorted(found.keys() - recorded.keys()):
        raise InputError(f"{path}: array `{array}`: unrecorded file {extra[0]}; write the dataset anew")


def dataset_digest(path: str | Path) -> str:
    """One sha256 for the whole dataset: that of the record of its files."""
    record = json.dumps(_manifest(Path(path)), sort_keys=True)
    return hashlib.sha256(record.encode()).hexdigest()
