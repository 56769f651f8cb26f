"""Checks of loaded fields, once, at the boundary: each error names file, variable, index and coordinate values."""

from pathlib import Path

import numpy as np
import xarray as xr

from sciml.io.errors import InputError


def validate(dataset: xr.Dataset, path: str | Path, frames: int = 2) -> None:
    """Checks canonical fields.

    Args:
        dataset: From `load_fields`.
        path: Where they came from, for the messages.
        frames: Fewest frames in time.

    Raises:
        InputError: Fewer frames; a coordinate that is not strictly monotone (time: increasing, without gaps);
            values that are not numbers, not finite in float32, or all the same (a forcing may be); a variation that
            float32 cannot tell from the mean; variables of unlike kinds; an interval dimension that is not one
            shorter than time.
    """
    for dim in dataset.dims:
        if dim in dataset.coords:
            _check_coordinate(dataset[dim], path)
    for name, array in dataset.data_vars.items():
        _check_values(array, f"{path}: variable `{name}`")
    _check_kinds(dataset, path)
    found = dataset.sizes["time"]
    if found < frames:
        raise InputError(f"{path}: {found} frames in time, at least {frames} are needed")


def _check_kinds(dataset: xr.Dataset, path: str | Path) -> None:
    kinds = {tuple(array.dims) for array in dataset.data_vars.values() if "interval" not in array.dims}
    if len(kinds) != 1:
        raise InputError(f"{path}: variables to predict must share their dimensions, got {sorted(map(str, kinds))}")
    dims = kinds.pop()
    for name, array in dataset.data_vars.items():
        if "interval" in array.dims and tuple("time" if d == "interval" else d for d in array.dims) != dims:
            raise InputError(f"{path}: forcing `{name}` has dimensions {array.dims}, the fields {dims}")
    if "interval" in dataset.dims and dataset.sizes["interval"] != dataset.sizes["time"] - 1:
        intervals, frames = dataset.sizes["interval"], dataset.sizes["time"]
        raise InputError(f"{path}: {intervals} intervals for {frames} frames, {frames - 1} are needed")


def _check_coordinate(coordinate: xr.DataArray, path: str | Path) -> None:
    name = str(coordinate.name)
    if coordinate.dtype.kind not in "iufM":
        raise InputError(f"{path}: coordinate `{name}` must hold numbers or dates, got {coordinate.dtype}")
    missing = np.flatnonzero(np.asarray(coordinate.isnull()))
    if missing.size:
        raise InputError(f"{path}: coordinate `{name}` has no value at index {missing[0]}")
    if name == "trajectory" or coordinate.size < 2:
        return
    values = coordinate.values
    steps = np.diff(values).astype(np.float64)
    sign = 1.0 if name in ("time", "interval") else np.sign(steps[0]) or 1.0
    wrong = np.flatnonzero(sign * steps <= 0)
    if wrong.size:
        i = int(wrong[0]) + 1
        kind = "increase" if name in ("time", "interval") else "be strictly monotone"
        raise InputError(f"{path}: coordinate `{name}` must {kind}, got {values[i - 1]} then {values[i]} at index {i}")
    gaps = np.flatnonzero(np.abs(steps / np.median(steps) - 1) > 0.5)
    if name == "time" and gaps.size:
        i = int(gaps[0]) + 1
        raise InputError(
            f"{path}: coordinate `time` is not evenly spaced: {values[i - 1]} then {values[i]} at index {i}; "
            "fill the gap, or store the parts as trajectories"
        )


def _check_values(array: xr.DataArray, where: str) -> None:
    if array.dtype.kind not in "iuf":
        raise InputError(f"{where} must hold real numbers, got {array.dtype}")
    if not array.size:
        raise InputError(f"{where} is empty: {dict(array.sizes)}")
    values = array.values
    with np.errstate(over="ignore"):
        finite = np.isfinite(values.astype(np.float32, copy=False))  # the precision they are stored in
    if not finite.all():
        index = [int(i) for i in np.unravel_index(np.argmin(finite), finite.shape)]
        at = ", ".join(f"{dim}[{i}]{_value(array, dim, i)}" for dim, i in zip(array.dims, index, strict=True))
        raise InputError(f"{where} is {values[tuple(index)]} at {at}; all values must be finite in float32")
    if "interval" not in array.dims and values.min() == values.max():
        raise InputError(f"{where} is constant ({values.min()}): there is nothing to learn")
    _check_digits(values, where)


def _check_digits(values: np.ndarray, where: str) -> None:
    """At least four binary digits of the variation must be left in float32."""
    mean, deviation = values.mean(dtype=np.float64), values.std(dtype=np.float64)
    if values.min() != values.max() and deviation < 16 * np.finfo(np.float32).eps * abs(mean):
        raise InputError(
            f"{where} has mean {mean:.9g} and deviation {deviation:.3g}: too small a variation for float32, in which fields "
            "are stored; subtract an offset, such as the mean"
        )


def _value(array: xr.DataArray, dim: object, index: int) -> str:
    return f" = {array.coords[dim].values[index]}" if dim in array.coords else ""
