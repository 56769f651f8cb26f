"""From a simulation or a user's file to one Zarr store with a `split` coordinate, and from that to windows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from sciml.config.jobs import WindowConfig
from sciml.io.errors import InputError
from sciml.io.fetch import sha256
from sciml.io.split import ATTRIBUTES, SPLITS, labels
from sciml.io.zarr_store import read_dataset, write_dataset
from sciml.pde.data.burgers import simulate
from sciml.pde.data.load import load_fields
from sciml.pde.data.validate import validate
from sciml.pde.data.windows import Axis, Windows, record_windows, trajectory_windows


def prepare_burgers(
    output: str | Path,
    *,
    train: int,
    validation: int,
    test: int,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    **simulation: Any,
) -> None:
    """Simulates the three splits, each from a seed of its own, into one store.

    Args:
        output: Zarr directory to write.
        train, validation, test: Trajectories, at least 0 each and 1 together.
        seed: The seed of split k is SeedSequence([seed, k]), so that no two seeds here share a split.
        progress: Called with (done, all) trajectories.
        simulation: Further arguments of `simulate`: points, intervals, solver_points, viscosity, duration, batch.

    Raises:
        InputError: A parameter out of range.
    """
    counts = (train, validation, test)
    if min(counts) < 0 or not sum(counts):
        raise InputError(f"`train`, `validation`, `test` must be at least 0, not all 0; got {counts}")
    if seed < 0:
        raise InputError(f"`seed` must be at least 0, got {seed}")
    parts, seeds = [], []
    for k, count in enumerate(counts):
        seeds.append(int(np.random.SeedSequence([seed, k]).generate_state(1)[0]))
        if not count:
            continue
        done = sum(counts[:k])
        report = None if progress is None else lambda n, _, done=done: progress(done + n, sum(counts))
        parts.append(simulate(count, seed=seeds[-1], progress=report, **simulation))
    dataset = xr.concat(parts, dim="trajectory", data_vars="minimal", coords="minimal", compat="equals", join="exact",
                        combine_attrs="override")  # fmt: skip
    dataset = dataset.assign_coords(split=("trajectory", labels(sum(counts), counts), ATTRIBUTES))
    write_dataset(dataset.assign_attrs(seed=seed, split_seeds=seeds), output)


def prepare_file(
    path: str | Path,
    output: str | Path,
    *,
    variables: Sequence[str] | None = None,
    forcing: Sequence[str] | None = None,
    rename: Mapping[str, str] | None = None,
    split: Sequence[int | float] = (0.8, 0.1, 0.1),
    seed: int = 0,
    frames: int = 2,
) -> None:
    """Loads and checks a user's file and stores its fields, canonical and in float32, with a split.

    Trajectories are shuffled by `seed` before they are split; a record is cut in time: train, validation, test.

    Args:
        path: NetCDF, Zarr or GRIB; see `load_fields`, also for `rename`.
        variables: Which to predict; by default all there are, their dimensions saying which are forcing.
        forcing: Which drive them, known in advance: interval k leads from frame k to frame k + 1. By default those of
            `variables` with that dimension.
        output: Zarr directory to write.
        split: Three counts or three fractions, see `sciml.io.split.sizes`.
        seed: Of the shuffle.
        frames: Frames of a window: fewest in a trajectory, or in each part of a record that is not empty.

    Raises:
        InputError: As `load_fields` and `validate`; a variable named twice, one to predict without time, a forcing
            without interval; or a part too short for one window.
    """
    path = Path(path)
    names = None if variables is None else [*variables, *(forcing or ())]
    fields = load_fields(path, names, rename)
    _check_roles(fields, variables or (), forcing, path)
    validate(fields, path, frames)
    record = "trajectory" not in fields.dims
    dim = "time" if record else "trajectory"
    parts = labels(fields.sizes[dim], split, None if record else seed)
    for k, name in enumerate(SPLITS):
        if record and 0 < (length := int((parts == k).sum())) < frames:
            raise InputError(f"{path}: the {name} split has {length} frames, one window needs {frames}")
    stored = fields.map(lambda array: array.astype(np.float32), keep_attrs=True)
    for array in stored.variables.values():
        array.attrs = _plain(array.attrs)
    stored = stored.assign_coords(split=(dim, parts, ATTRIBUTES))
    source = {"source_file": path.name, "seed": seed, "package_version": version("sciml")}
    if path.is_file():
        source["source_sha256"] = sha256(path)
    stored.attrs = _plain(fields.attrs) | source
    write_dataset(stored, output)


def _check_roles(fields: xr.Dataset, variables: Sequence[str], forcing: Sequence[str] | None, path: Path) -> None:
    """Each variable once, those to predict over time, forcing over intervals."""
    names = [*variables, *(forcing or ())]
    if repeated := [name for index, name in enumerate(names) if name in names[:index]]:
        raise InputError(f"{path}: `variables` and `forcing` may name a variable once, got `{repeated[0]}` again")
    roles = [] if forcing is None else [("variable", "time", name) for name in variables]
    for role, dim, name in [*roles, *(("forcing", "interval", name) for name in forcing or ())]:
        if dim not in fields[name].dims:
            dims = ", ".join(map(str, fields[name].dims))
            raise InputError(f"{path}: {role} `{name}` must have the dimension {dim}, got ({dims})")


def load_windows(
    path: str | Path, split: str, given: int, predicted: int | None = None, period: int | None = None, stride: int = 1
) -> Windows:
    """Windows of one split of a prepared store.

    Args:
        path: Zarr directory from `prepare_burgers` or `prepare_file`.
        split: "train", "validation" or "test".
        given: Frames given.
        predicted: Frames to predict; None, for trajectories only: all the rest.
        period: Frames of one cycle of a record; None or 1 if it has none, and for trajectories.
        stride: Frames from the start of one window of a record to that of the next; 1 for trajectories.

    Raises:
        InputError: A damaged or unprepared store, an unknown or empty split, a window that does not fit, a period
            longer than the training part of a record, or a period or stride of trajectories.
    """
    if split not in SPLITS:
        raise InputError(f"`split` must be one of {', '.join(SPLITS)}, got {split!r}")
    dataset = read_dataset(path)
    if "split" not in dataset.coords:
        raise InputError(f"{path}: no coordinate `split`; prepare the data first")
    dim = str(dataset["split"].dims[0])
    members = np.flatnonzero(dataset["split"].values == SPLITS.index(split))
    if not members.size:
        raise InputError(f"{path}: the {split} split is empty")
    part = dataset.isel({dim: members})
    states = [str(name) for name, array in part.data_vars.items() if "time" in array.dims]
    forces = [str(name) for name, array in part.data_vars.items() if "interval" in array.dims]
    if not states:
        raise InputError(f"{path}: holds no variable over `time`: not a data set of fields")
    fields = _stack(part, states)
    units = {name: str(part[name].attrs.get("units", "unknown")) for name in states}
    period = 1 if period is None else period
    try:
        _check_cycle(dataset["split"], period, stride)
        if dim == "trajectory":
            windows = trajectory_windows(fields, _stack(part, forces) if forces else None, given, predicted)
        else:
            if predicted is None:
                raise InputError("`predicted` must be given for a record")
            windows = record_windows(fields, given, predicted, period=period, stride=stride, first=int(members[0]))
    except InputError as error:
        raise InputError(f"{path}: {split} split: {error}") from error
    axes = _axes(dataset, windows.phase.shape[1])
    return replace(windows, coordinates=axes, units=units)


def _check_cycle(split: xr.DataArray, period: int, stride: int) -> None:
    if split.dims[0] == "trajectory":
        for name, value in (("period", period), ("stride", stride)):
            if value != 1:
                raise InputError(f"`{name}` is for records, these are trajectories; got {value}")
    elif period > (frames := int((split == SPLITS.index("train")).sum())) > 0:
        raise InputError(f"`period` must be at most the {frames} frames of the training split, got {period}")


def _stack(dataset: xr.Dataset, names: Sequence[str]) -> Tensor:
    """Variables as channels: (trajectory, channel, time, *space), or (channel, time, *space) of a record."""
    arrays = [torch.from_numpy(np.ascontiguousarray(dataset[name].values)) for name in names]
    return torch.stack(arrays, dim=1 if "trajectory" in dataset.dims else 0)


def _axes(dataset: xr.Dataset, frames: int) -> dict[str, Axis]:
    """Time since the first frame of a window, and the coordinates of space."""
    axes = {}
    for name in ("time", "y", "x"):
        if name not in dataset.coords:
            continue
        values, units = dataset[name].values, str(dataset[name].attrs.get("units", "unknown"))
        if name == "time":
            values = values[:frames] - values[0]
            if np.issubdtype(values.dtype, np.timedelta64):
                values, units = values / np.timedelta64(1, "h"), "h"
        axes[name] = Axis(np.asarray(values, dtype=np.float64), units)
    return axes


def _plain(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    """Attributes that JSON can hold, arrays as lists; without `history`, where readers note the time and the path."""
    plain = {str(k): v.tolist() if isinstance(v, np.ndarray | np.generic) else v for k, v in attributes.items()}
    return {k: v for k, v in plain.items() if isinstance(v, str | int | float | list) and k != "history"}


def load_split(data: Path, split: str, window: WindowConfig) -> Windows:
    """The windows of a split, cut as a job says; see `load_windows`."""
    return load_windows(data, split, window.given, window.predicted, window.period, window.stride)
