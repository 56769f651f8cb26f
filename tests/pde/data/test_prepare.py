"""From files to windows and back to the values in the file."""

from itertools import chain

import numpy as np
import pytest
import torch
import xarray as xr

from sciml.io.errors import InputError
from sciml.io.zarr_store import read_dataset, write_dataset
from sciml.pde.data.prepare import load_windows, prepare_burgers, prepare_file

SMALL = {"points": 20, "intervals": 3, "solver_points": 20, "duration": 0.3}


@pytest.fixture
def record_file(tmp_path):
    """Frame t of t2m is t + y / 10, of wind 1000 + t."""
    t, y = np.arange(40.0)[:, None, None], np.arange(2.0)[:, None]
    times = np.datetime64("2019-03-01", "ns") + np.arange(40) * np.timedelta64(1, "h")
    t2m = ("time", "lat", "lon"), np.broadcast_to(t + y / 10, (40, 2, 3)), {"units": "K"}
    wind = ("time", "lat", "lon"), np.broadcast_to(1000 + t, (40, 2, 3))
    coords = {"time": times, "lat": ("lat", [51.0, 50.0], {"units": "degrees_north"}), "lon": [0.0, 1.0, 2.0]}
    attributes = {"title": "made", "history": "today at /home", "numbers": [1.0, 2.0]}
    xr.Dataset({"t2m": t2m, "wind": wind}, coords, attributes).to_netcdf(tmp_path / "a.nc")
    return tmp_path / "a.nc"


def test_burgers_splits_have_different_trajectories(tmp_path):
    reports = []
    counts = {"train": 4, "validation": 2, "test": 3}
    prepare_burgers(tmp_path / "b.zarr", **counts, seed=5, progress=lambda *done: reports.append(done), **SMALL)
    dataset = read_dataset(tmp_path / "b.zarr")
    assert dataset["split"].values.tolist() == [0] * 4 + [1] * 2 + [2] * 3
    assert dataset["split"].attrs["flag_meanings"] == "train validation test"
    assert reports == [(4, 9), (6, 9), (9, 9)]
    assert len(np.unique(dataset["u"][:, 0, 5])) == 9 and len(set(dataset.attrs["split_seeds"])) == 3
    windows = load_windows(tmp_path / "b.zarr", "test", 1)
    np.testing.assert_array_equal(windows.target[:, 0], dataset["u"][6:, 1:])
    np.testing.assert_array_equal(windows.forcing[:, 0], dataset["forcing"][6:])
    assert windows.units == {"u": "non-dimensional"} and windows.coordinates["x"].units == "non-dimensional"
    np.testing.assert_allclose(windows.coordinates["time"].values, [0, 0.1, 0.2, 0.3])
    prepare_burgers(tmp_path / "c.zarr", **counts, seed=5, **SMALL)
    xr.testing.assert_identical(read_dataset(tmp_path / "c.zarr"), dataset)


def test_burgers_parameters(tmp_path):
    with pytest.raises(InputError, match="not all 0"):
        prepare_burgers(tmp_path / "b.zarr", train=0, validation=0, test=0)
    with pytest.raises(InputError, match="`seed` must be at least 0, got -1"):
        prepare_burgers(tmp_path / "b.zarr", train=1, validation=0, test=0, seed=-1)


def test_record_from_netcdf(record_file, tmp_path):
    prepare_file(record_file, tmp_path / "a.zarr", split=(20, 8, 10), frames=5)
    stored = read_dataset(tmp_path / "a.zarr")
    assert stored.attrs["title"] == "made" and "history" not in stored.attrs and stored.attrs["numbers"] == [1.0, 2.0]
    assert len(stored.attrs["source_sha256"]) == 64 and stored["t2m"].dtype == np.float32
    windows = load_windows(tmp_path / "a.zarr", "validation", 2, 3, period=12)
    assert len(windows) == 4 and list(windows.units) == ["t2m", "wind"]
    assert windows.given[0, :, :, 0, 0].tolist() == [[20, 21], [1020, 1021]]
    torch.testing.assert_close(windows.target[0, 0, :, 1, 0], torch.tensor([22.1, 23.1, 24.1]))
    assert windows.phase[0].tolist() == [8, 9, 10, 11, 0]
    assert windows.coordinates["time"].units == "h" and windows.coordinates["time"].values.tolist() == [0, 1, 2, 3, 4]
    assert windows.coordinates["y"].values.tolist() == [51, 50]
    assert windows.coordinates["y"].units == "degrees_north"
    assert load_windows(tmp_path / "a.zarr", "test", 2, 3).target.max() == 1037  # the last two frames stay unused


def test_one_variable_and_fractions(record_file, tmp_path):
    prepare_file(record_file, tmp_path / "a.zarr", variables=["wind"], split=(0.5, 0.25, 0.25))
    windows = load_windows(tmp_path / "a.zarr", "test", 1, 1, stride=3)
    assert windows.given[:, 0, 0, 0, 0].tolist() == [1030, 1033, 1036]


@pytest.mark.parametrize("kind", ["nc", "zarr"])
def test_trajectories_are_shuffled_by_the_seed(tmp_path, kind):
    values = np.arange(20.0)[:, None, None] + np.arange(4.0)[:, None] / 10 + np.zeros(3)
    dataset = xr.Dataset({"u": (("trajectory", "time", "x"), values)})
    path = tmp_path / f"a.{kind}"
    dataset.to_netcdf(path) if kind == "nc" else dataset.to_zarr(path, consolidated=False)
    prepare_file(path, tmp_path / "out.zarr", split=(10, 4, 6), seed=3)
    members = [load_windows(tmp_path / "out.zarr", s, 1).given[:, 0, 0, 0].tolist() for s in ("train", "validation", "test")]
    assert list(map(len, members)) == [10, 4, 6]
    assert sorted(chain(*members)) == list(range(20))
    assert members[0] != list(range(10))
    prepare_file(path, tmp_path / "again.zarr", split=(10, 4, 6), seed=3)
    assert load_windows(tmp_path / "again.zarr", "test", 1).given[:, 0, 0, 0].tolist() == members[2]


def test_simulated_store_can_be_prepared_again_as_a_users_file(tmp_path):
    prepare_burgers(tmp_path / "b.zarr", train=4, validation=0, test=0, **SMALL)
    prepare_file(tmp_path / "b.zarr", tmp_path / "c.zarr", split=(2, 0, 2))
    assert load_windows(tmp_path / "c.zarr", "test", 2).forcing.shape == (2, 1, 2, 20)


def test_errors_name_the_file_and_the_split(record_file, tmp_path):
    output = tmp_path / "a.zarr"
    with pytest.raises(InputError, match=r"a\.nc: the validation split has 2 frames, one window needs 5"):
        prepare_file(record_file, output, split=(20, 2, 10), frames=5)
    assert not output.exists()
    prepare_file(record_file, output, split=(20, 0, 10))
    with pytest.raises(InputError, match=r"a\.zarr: the validation split is empty"):
        load_windows(output, "validation", 2, 3)
    with pytest.raises(InputError, match=r"a\.zarr: test split: 8 given and 3 predicted frames do not fit.* 10 frames"):
        load_windows(output, "test", 8, 3)
    with pytest.raises(InputError, match="`predicted` must be given for a record"):
        load_windows(output, "test", 2)
    with pytest.raises(InputError, match="`split` must be one of train, validation, test, got 'tests'"):
        load_windows(output, "tests", 2, 3)
    write_dataset(read_dataset(output).drop_vars("split"), output)
    with pytest.raises(InputError, match="no coordinate `split`; prepare the data first"):
        load_windows(output, "test", 2, 3)


def test_era5_windows(mirror, tmp_path):
    """Persistence on the last seven days, 12 h given and 20 h predicted: 8.74 K^2, measured independently."""
    path = mirror / "pde/era5-2mt-2019-03-uk.grib"
    if not path.is_file():
        pytest.skip("the mirror has no ERA5 file")
    prepare_file(path, tmp_path / "era5.zarr", split=(576, 0, 168), frames=32)
    test = load_windows(tmp_path / "era5.zarr", "test", 12, 20)
    assert test.target.shape == (137, 1, 20, 33, 49) and test.units == {"t2m": "K"} and test.phase[0, 0] == 0
    assert float((test.given[:, :, -1:] - test.target).square().mean()) == pytest.approx(8.74, abs=0.005)


@pytest.fixture
def driven_file(tmp_path):
    """Trajectories u and v over time, f over intervals, g over time."""
    values = np.arange(48.0).reshape(4, 4, 3)
    fields = {name: (("trajectory", "time", "x"), values + k) for k, name in enumerate("uvg")}
    xr.Dataset({**fields, "f": (("trajectory", "interval", "x"), values[:, 1:])}).to_netcdf(tmp_path / "d.nc")
    return tmp_path / "d.nc"


def test_forcing_is_told_apart_by_name(driven_file, tmp_path):
    prepare_file(driven_file, tmp_path / "d.zarr", variables=["v", "u"], forcing=["f"], split=(2, 0, 2))
    windows = load_windows(tmp_path / "d.zarr", "train", 1)
    assert list(windows.units) == ["v", "u"] and windows.forcing.shape == (2, 1, 3, 3)


@pytest.mark.parametrize(
    ("variables", "forcing", "message"),
    [
        (["u"], ["g"], r"d\.nc: forcing `g` must have the dimension interval, got \(trajectory, time, x\)"),
        (["u", "f"], (), r"d\.nc: variable `f` must have the dimension time, got \(trajectory, interval, x\)"),
        (["u"], ["u"], "`variables` and `forcing` may name a variable once, got `u` again"),
        (["u", "v", "u"], None, "may name a variable once, got `u` again"),
    ],
)
def test_roles_must_fit_the_dimensions(driven_file, tmp_path, variables, forcing, message):
    with pytest.raises(InputError, match=message):
        prepare_file(driven_file, tmp_path / "d.zarr", variables=variables, forcing=forcing, split=(2, 0, 2))
    assert not (tmp_path / "d.zarr").exists()


def test_values_that_float32_cannot_hold(tmp_path):
    noise = np.random.default_rng(0).standard_normal((40, 3))
    for values, message in [
        (noise * 1e300, r"variable `u` is -?[0-9.]+e\+\d+ at time\[0\], x\[0\]; all values must be finite in float32"),
        (noise + 1e9, r"variable `u` has mean 1e\+09 and deviation \d.*; subtract an offset"),
    ]:
        xr.Dataset({"u": (("time", "x"), values)}).to_netcdf(tmp_path / "u.nc")
        with pytest.raises(InputError, match=r"u\.nc: " + message):
            prepare_file(tmp_path / "u.nc", tmp_path / "u.zarr", split=(20, 10, 10))
    xr.Dataset({"u": (("time", "x"), noise + 1e4)}).to_netcdf(tmp_path / "u.nc")
    prepare_file(tmp_path / "u.nc", tmp_path / "u.zarr", split=(20, 10, 10))
    np.testing.assert_allclose(read_dataset(tmp_path / "u.zarr")["u"] - 1e4, noise, atol=1e-3)


def test_dimensions_under_other_names(tmp_path):
    values = np.arange(24.0).reshape(2, 4, 3)
    xr.Dataset({"u": (("member", "frame", "s"), values)}).to_netcdf(tmp_path / "u.nc")
    rename = {"member": "trajectory", "frame": "time", "s": "x"}
    prepare_file(tmp_path / "u.nc", tmp_path / "u.zarr", rename=rename, split=(1, 0, 1))
    assert dict(read_dataset(tmp_path / "u.zarr")["u"].sizes) == {"trajectory": 2, "time": 4, "x": 3}


def test_period_and_stride_are_for_records(driven_file, tmp_path):
    prepare_file(driven_file, tmp_path / "d.zarr", variables=["u"], forcing=["f"], split=(2, 0, 2))
    for option in ("period", "stride"):
        with pytest.raises(InputError, match=f"train split: `{option}` is for records, these are trajectories; got 24"):
            load_windows(tmp_path / "d.zarr", "train", 1, **{option: 24})
    assert load_windows(tmp_path / "d.zarr", "train", 1, period=1, stride=1).period is None


def test_period_longer_than_the_training_record(record_file, tmp_path):
    prepare_file(record_file, tmp_path / "a.zarr", split=(20, 0, 20))
    assert load_windows(tmp_path / "a.zarr", "train", 2, 3, period=20).period == 20
    for split in ("train", "test"):
        with pytest.raises(InputError, match="`period` must be at most the 20 frames of the training split, got 21"):
            load_windows(tmp_path / "a.zarr", split, 2, 3, period=21)
    with pytest.raises(InputError, match="`period` must be at least 1, got 0"):
        load_windows(tmp_path / "a.zarr", "train", 2, 3, period=0)
