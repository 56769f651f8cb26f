"""Fields from a user's NetCDF, Zarr or GRIB file, brought to canonical dimensions.

Canonical are (trajectory, time, x), (trajectory, time, y, x) and, for one long record, (time, y, x) or (time, x); a
forcing that acts between frames has `interval` in the place of `time`. Other names in use are translated: latitude
and lat are y, longitude and lon are x; GRIB's valid_time, or its forecast steps, become time.
"""

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path

import xarray as xr

from sciml.io.errors import InputError
from sciml.io.zarr_store import is_own_store, read_dataset
from sciml.pde.data.grib import open_grib

CANONICAL = ("trajectory", "time", "interval", "y", "x")
_ALIASES = {
    "latitude": "y", "lat": "y", "longitude": "x", "lon": "x",
    "valid_time": "time", "sample": "trajectory", "batch": "trajectory",
}  # fmt: skip
_GRIB = {".grib", ".grib2", ".grb", ".grb2"}
_NETCDF = {".nc", ".nc4", ".netcdf", ".cdf"}


def load_fields(
    path: str | Path, variables: Sequence[str] | None = None, rename: Mapping[str, str] | None = None
) -> xr.Dataset:
    """Reads fields into memory with canonical dimensions; nothing is written beside the file.

    Args:
        path: NetCDF file, Zarr directory or GRIB file, told by the ending.
        variables: Which to take, in this order; by default all that have a time or interval dimension, by name.
        rename: Further dimension names of the file and what they mean, such as {"member": "trajectory"}.

    Returns:
        The variables with their attributes, dimensions ordered as in `CANONICAL`; of the coordinates, those along
        the dimensions.

    Raises:
        InputError: No such file, unreadable, unknown variable, other dimensions, or a `rename` of none of them.
    """
    path = Path(path)
    raw = _open(path)
    names = {**_ALIASES, **(rename or {})}
    if unknown := sorted(set(rename or ()) - set(map(str, raw.dims))):
        raise InputError(f"{path}: `rename` names the dimension {unknown[0]!r}; there are {', '.join(map(str, raw.dims))}")
    chosen = _choose(_one_time(raw), variables, names, path)
    fields = xr.Dataset({name: _canonical(array, names, path) for name, array in chosen.data_vars.items()})
    fields = fields.drop_vars([name for name in fields.coords if name not in fields.dims])
    return fields.assign_attrs(raw.attrs)


def _open(path: Path) -> xr.Dataset:
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if is_own_store(path):
        return read_dataset(path)
    suffix = path.suffix.lower()
    try:
        with _open_lazily(path, suffix) as dataset:
            return dataset.load()
    except InputError:
        raise
    except (OSError, ValueError, LookupError, TypeError, EOFError, RuntimeError, AttributeError, AssertionError) as error:
        said = " ".join(str(error).split())
        raise InputError(f"{path}: cannot be read ({type(error).__name__}: {said})") from error


def _open_lazily(path: Path, suffix: str) -> xr.Dataset:
    if path.is_dir():
        return xr.open_zarr(path, consolidated=False, chunks=None)
    if suffix in _NETCDF:
        return xr.open_dataset(path, engine="netcdf4")
    if suffix in _GRIB:
        return open_grib(path)
    allowed = ", ".join(sorted(_NETCDF | _GRIB))
    raise InputError(f"{path}: ending {suffix or '(none)'!r} is not known; allowed: {allowed}, or a Zarr directory")


def _one_time(dataset: xr.Dataset) -> xr.Dataset:
    """GRIB's forecasts (reference time, step) as one dimension of valid times; anything else unchanged."""
    if "step" not in dataset.dims or "valid_time" not in dataset.coords:
        return dataset
    if "time" not in dataset.dims:
        return dataset.drop_vars("time", errors="ignore").swap_dims(step="valid_time")
    valid = dataset["valid_time"].transpose("time", "step").values.ravel()
    stacked = dataset.drop_vars("valid_time").stack(frame=("time", "step"), create_index=False)
    return stacked.drop_vars(["time", "step"]).assign_coords(valid_time=("frame", valid)).swap_dims(frame="valid_time")


def _choose(dataset: xr.Dataset, variables: Sequence[str] | None, names: Mapping[str, str], path: Path) -> xr.Dataset:
    present = [str(name) for name in dataset.data_vars]
    if variables is None:
        timed = {"time", "interval"} | {dim for dim, meaning in names.items() if meaning in ("time", "interval")}
        variables = sorted(name for name in present if timed & set(dataset[name].dims))
        if not variables:
            raise InputError(f"{path}: no variable has a time dimension; there are {_listed(dataset)}")
    for name in variables:
        if name not in present:
            raise InputError(f"{path}: no variable `{name}`; there are {_listed(dataset)}")
    return dataset[list(variables)]


def _listed(dataset: xr.Dataset) -> str:
    listed = (f"`{name}` ({', '.join(map(str, array.dims))})" for name, array in dataset.data_vars.items())
    return ", ".join(listed) or "none"


def _canonical(array: xr.DataArray, names: Mapping[str, str], path: Path) -> xr.DataArray:
    """Renames, drops foreign dimensions of length 1 and orders the rest."""
    renaming: dict[Hashable, Hashable] = {dim: names[str(dim)] for dim in array.dims if str(dim) in names}
    where = f"{path}: variable `{array.name}` has dimensions ({', '.join(map(str, array.dims))})"
    meant = [renaming.get(dim, dim) for dim in array.dims]
    if twice := [str(name) for name in meant if meant.count(name) > 1]:
        raise InputError(f"{where}, two of which mean {twice[0]}")
    clashing = [name for name in renaming.values() if name in array.coords and name not in array.dims]
    renamed = array.drop_vars(clashing).rename(renaming)
    renamed = renamed.squeeze([d for d in renamed.dims if d not in CANONICAL and renamed.sizes[d] == 1], drop=True)
    dims = set(renamed.dims)
    if not (dims <= set(CANONICAL) and "x" in dims and len(dims & {"time", "interval"}) == 1):
        raise InputError(
            f"{where}; allowed are ([trajectory,] time, [y,] x), where `rename` may say which dimension is which"
        )
    return renamed.transpose(*(dim for dim in CANONICAL if dim in dims))
