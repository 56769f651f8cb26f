"""Each defect is named with file, variable, index and value."""

import numpy as np
import pytest
import xarray as xr

from sciml.io.errors import InputError
from sciml.pde.data.validate import validate


def trajectories():
    values = np.random.default_rng(0).standard_normal((3, 5, 4))
    forcing = np.zeros((3, 4, 4))
    coords = {"time": np.arange(5) * 0.5, "x": [0.1, 0.2, 0.4, 0.9]}
    return xr.Dataset({"u": (("trajectory", "time", "x"), values), "f": (("trajectory", "interval", "x"), forcing)}, coords)


def test_good_fields_pass():
    validate(trajectories(), "a.nc", frames=5)
    validate(trajectories().isel(x=slice(None, None, -1)), "a.nc")  # latitudes often fall


def test_a_constant_forcing_passes_and_an_offset_one_does_not():
    validate(trajectories().assign(f=trajectories()["f"] + 1e9), "a.nc")
    noisy = trajectories()
    noisy["f"].values[:] = 1e9 + np.random.default_rng(0).standard_normal(noisy["f"].shape)
    with pytest.raises(InputError, match=r"a\.nc: variable `f` has mean 1e\+09 and deviation"):
        validate(noisy, "a.nc")


def broken(change):
    dataset = trajectories()
    changed = change(dataset)
    return dataset if changed is None else changed


def set_value(value):
    def change(dataset):
        dataset["u"].values[1, 2, 3] = value

    return change


MONTHS = np.array(["2019-01-01", "2019-02-01", "2019-03-01", "2019-04-01", "2019-05-01"], "datetime64[ns]")


def test_calendar_months_count_as_evenly_spaced():
    validate(trajectories().assign_coords(time=MONTHS), "a.nc")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            set_value(np.nan),
            r"variable `u` is nan at trajectory\[1\], time\[2\] = 1\.0, x\[3\] = 0\.9; all values must",
        ),
        (set_value(-np.inf), r"variable `u` is -inf at trajectory\[1\]"),
        (lambda d: d.assign(u=d["u"] * 0 + 3), r"variable `u` is constant \(3\.0\)"),
        (lambda d: d.assign(u=d["u"].astype(str)), "variable `u` must hold real numbers, got <U"),
        (lambda d: d.assign(u=d["u"] + 1j), "variable `u` must hold real numbers, got complex128"),
        (lambda d: d.assign_coords(time=[0, 1, 3, 2, 4]), r"`time` must increase, got 3 then 2 at index 3"),
        (lambda d: d.assign_coords(time=[4, 3, 2, 1, 0]), r"`time` must increase, got 4 then 3 at index 1"),
        (lambda d: d.assign_coords(time=[0, 1, 2, 4, 5]), r"`time` is not evenly spaced: 2 then 4 at index 3"),
        (lambda d: d.assign_coords(time=[0, 1, np.nan, 3, 4]), "coordinate `time` has no value at index 2"),
        (lambda d: d.assign_coords(x=[0, 1, 1, 2]), r"`x` must be strictly monotone, got 1 then 1 at index 2"),
        (lambda d: d.assign_coords(x=list("abcd")), "coordinate `x` must hold numbers or dates"),
        (lambda d: d.isel(trajectory=slice(0)), "variable `u` is empty"),
        (lambda d: d.isel(interval=slice(2)), "2 intervals for 5 frames, 4 are needed"),
        (lambda d: d.assign(f=d["f"].isel(trajectory=0)), "forcing `f` has dimensions"),
        (lambda d: d.assign(v=d["u"].isel(trajectory=0)), "variables to predict must share their dimensions"),
        (lambda d: d[["f"]], "variables to predict must share"),
    ],
)
def test_defects(change, message):
    with pytest.raises(InputError, match="a.nc.*" + message):
        validate(broken(change), "a.nc")


def test_too_few_frames():
    with pytest.raises(InputError, match="a.nc: 5 frames in time, at least 6 are needed"):
        validate(trajectories(), "a.nc", frames=6)
