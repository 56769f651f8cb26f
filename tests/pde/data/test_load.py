"""Files in, canonical fields out."""

import shutil

import numpy as np
import pytest
import xarray as xr

from sciml.io.errors import InputError
from sciml.pde.data.load import load_fields

ERA5 = "pde/era5-2mt-2019-03-uk.grib"


@pytest.fixture
def record():
    values = np.random.default_rng(0).standard_normal((6, 4, 5)).astype(np.float32)
    times = np.datetime64("2019-03-01", "ns") + np.arange(6) * np.timedelta64(1, "h")
    coords = {"time": times, "lat": np.linspace(51, 50, 4), "lon": np.linspace(0, 1, 5), "height": 2.0}
    return xr.Dataset({"t2m": (("time", "lat", "lon"), values, {"units": "K"}), "mask": ("lat", np.ones(4))}, coords)


def write(dataset, folder, kind):
    path = folder / f"a.{kind}"
    dataset.to_netcdf(path) if kind == "nc" else dataset.to_zarr(path, consolidated=False)
    return path


@pytest.mark.parametrize("kind", ["nc", "zarr"])
def test_record_gets_canonical_names(record, tmp_path, kind):
    fields = load_fields(write(record, tmp_path, kind))
    assert fields["t2m"].dims == ("time", "y", "x") and list(fields.data_vars) == ["t2m"]
    assert set(fields.coords) == {"time", "y", "x"} and fields["t2m"].attrs["units"] == "K"
    np.testing.assert_array_equal(fields["t2m"].values, record["t2m"].values)
    np.testing.assert_array_equal(fields["y"], record["lat"])


@pytest.mark.parametrize("kind", ["nc", "zarr"])
def test_trajectories_in_another_order(tmp_path, kind):
    values = np.arange(24.0).reshape(4, 2, 3)
    dataset = xr.Dataset({"u": (("x", "sample", "time"), values), "f": (("sample", "interval", "x"), np.ones((2, 2, 4)))})
    fields = load_fields(write(dataset, tmp_path, kind), ["f", "u"])
    assert list(fields.data_vars) == ["f", "u"]
    assert fields["u"].dims == ("trajectory", "time", "x") and fields["f"].dims == ("trajectory", "interval", "x")
    np.testing.assert_array_equal(fields["u"], values.transpose(1, 2, 0))


def test_dimensions_renamed_by_the_user_and_squeezed(tmp_path):
    dataset = xr.Dataset({"u": (("member", "level", "frame", "s"), np.ones((2, 1, 3, 4)))})
    path = write(dataset, tmp_path, "nc")
    fields = load_fields(path, ["u"], {"member": "trajectory", "frame": "time", "s": "x"})
    assert dict(fields["u"].sizes) == {"trajectory": 2, "time": 3, "x": 4}


def test_rename_must_name_dimensions_of_the_file(record, tmp_path):
    path = write(record, tmp_path, "nc")
    with pytest.raises(InputError, match=r"a\.nc: `rename` names the dimension 'lev'; there are time, lat, lon"):
        load_fields(path, ["t2m"], {"lev": "y"})
    with pytest.raises(InputError, match=r"a\.nc: variable `t2m` has dimensions \(time, lat, lon\), two of which mean x"):
        load_fields(path, ["t2m"], {"lat": "x"})


def test_unknown_variable_lists_what_there_is(record, tmp_path):
    with pytest.raises(InputError, match=r"a\.nc: no variable `u`; there are `t2m` \(time, lat, lon\), `mask` \(lat\)"):
        load_fields(write(record, tmp_path, "nc"), ["u"])
    with pytest.raises(InputError, match=r"no variable has a time dimension; there are `mask` \(lat\)"):
        load_fields(write(record[["mask"]], tmp_path, "zarr"))


def test_wrong_dimensions(record, tmp_path):
    path = write(record, tmp_path, "nc")
    with pytest.raises(InputError, match=r"a\.nc: variable `mask` has dimensions \(lat\); allowed are \(\[trajectory,\]"):
        load_fields(path, ["mask"])


def test_unreadable_files(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_fields(tmp_path / "none.nc")
    (tmp_path / "a.txt").write_text("1")
    with pytest.raises(InputError, match=r"a\.txt: ending '\.txt' is not known; allowed: .*\.grib"):
        load_fields(tmp_path / "a.txt")
    (tmp_path / "a.nc").write_text("junk")
    with pytest.raises(InputError, match=r"a\.nc: cannot be read"):
        load_fields(tmp_path / "a.nc")
    (tmp_path / "z.zarr").mkdir()
    with pytest.raises(InputError, match=r"z\.zarr: cannot be read"):
        load_fields(tmp_path / "z.zarr")


@pytest.fixture
def grib(mirror, tmp_path):
    if not (mirror / ERA5).is_file():
        pytest.skip("the mirror has no ERA5 file")
    shutil.copyfile(mirror / ERA5, tmp_path / "a.grib")
    return tmp_path / "a.grib"


def first_messages(path, count):
    """Bytes of the first of the 744 messages, which are padded to equal lengths."""
    content = path.read_bytes()
    return content[: count * (len(content) // 744)]


def test_grib_leaves_no_index_beside_the_file(grib):
    grib.chmod(0o644)
    grib.write_bytes(first_messages(grib, 5))
    fields = load_fields(grib, ["t2m"])
    assert dict(fields["t2m"].sizes) == {"time": 5, "y": 33, "x": 49} and fields["t2m"].attrs["units"] == "K"
    assert fields["time"].values[1] - fields["time"].values[0] == np.timedelta64(1, "h")
    assert [p.name for p in grib.parent.iterdir()] == ["a.grib"]


def test_damaged_grib(grib):
    grib.chmod(0o644)
    grib.write_bytes(first_messages(grib, 3)[:-100])
    with pytest.raises(InputError, match=r"a\.grib: damaged GRIB"):
        load_fields(grib)
    grib.write_bytes(b"junk" * 50)
    with pytest.raises(InputError, match=r"a\.grib: cannot be read"):
        load_fields(grib)


@pytest.mark.parametrize("several", [False, True])
def test_forecast_steps_become_valid_times(tmp_path, several):
    """The layouts cfgrib gives to one forecast (step) and to several (time, step)."""
    steps = np.array([0, 6], "timedelta64[h]").astype("timedelta64[ns]")
    start = np.datetime64("2019-03-01", "ns") + np.array([0, 12]).astype("timedelta64[h]")
    valid = start[:, None] + steps
    coords = {"time": start, "step": steps, "valid_time": (("time", "step"), valid)}
    dataset = xr.Dataset({"t": (("time", "step", "longitude"), np.arange(12.0).reshape(2, 2, 3))}, coords)
    dataset = dataset if several else dataset.isel(time=0)
    fields = load_fields(write(dataset, tmp_path, "nc"))
    expected = valid.ravel() if several else valid[0]
    np.testing.assert_array_equal(fields["time"].values, expected)
    np.testing.assert_array_equal(fields["t"].values, np.arange(expected.size * 3.0).reshape(-1, 3))
