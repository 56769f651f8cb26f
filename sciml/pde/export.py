"""Forecasts as NetCDF files, with names, units and coordinates of the data they continue."""

from pathlib import Path

import numpy as np
import xarray as xr

from sciml.config.jobs import WindowConfig
from sciml.config.solvers import SolverConfig
from sciml.io.atomic import atomic_file
from sciml.pde.data.prepare import load_split
from sciml.pde.evaluate import evenly, forecast_windows
from sciml.pde.forecaster import AnyForecaster
from sciml.pde.geometry import check_same, geometry_of
from sciml.solvers.calibration import Calibration
from sciml.training.processes import current


def write_forecast(
    forecaster: AnyForecaster,
    window: WindowConfig,
    data: Path,
    output: Path,
    *,
    split: str,
    windows: int | None,
    members: int,
    solver: SolverConfig,
    seed: int,
    calibration: Calibration | None = None,
    origin: str = "the model",
) -> str:
    """Forecast windows of a prepared data set and write them.

    The file holds one variable for each channel, of dimensions (window, member, time, *space); time counts from the first
    given frame, as in the data. Of several processes one writes it. Returns what was sampled with.

    Raises:
        InputError: the data is damaged, or of other sizes than the model was made for.
    """
    tasks = load_split(data, split, window)
    check_same(forecaster.geometry, geometry_of(tasks), origin)
    tasks = tasks if windows is None else evenly(tasks, windows)
    forecast = forecast_windows(forecaster, tasks, solver, members=members, batch=64, seed=seed, calibration=calibration)
    fields = forecast.fields.numpy()
    label = forecast.solver + (f" ({forecast.picked})" if forecast.picked else "")
    if not current().leads:
        return label
    space = ("y", "x")[-len(forecaster.geometry.space) :]
    coordinates = {
        name: (name, axis.values[window.given :] if name == "time" else axis.values, {"units": axis.units})
        for name, axis in tasks.coordinates.items()
    }
    variables = {
        name: (
            ("window", "member", "time", *space),
            np.ascontiguousarray(fields[:, :, k]),
            {"units": tasks.units[name]},
        )
        for k, name in enumerate(forecaster.geometry.variables)
    }
    with atomic_file(output) as temporary:
        xr.Dataset(variables, coordinates, {"solver": label}).to_netcdf(temporary, engine="netcdf4")
    return label
