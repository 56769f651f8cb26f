"""A store gives back what was written, or says which array is damaged."""

import json

import numpy as np
import pytest
import xarray as xr

from sciml.io.errors import InputError
from sciml.io.zarr_store import dataset_digest, is_own_store, read_dataset, write_dataset


@pytest.fixture
def dataset():
    values = np.random.default_rng(0).standard_normal((40, 9, 8000)).astype(np.float32)  # 11.5 MB: three chunks
    times = np.datetime64("2019-03-01T00", "ns") + np.arange(9) * np.timedelta64(1, "h")
    return xr.Dataset(
        {"u": (("trajectory", "time", "x"), values, {"units": "m s-1"}), "zero": ("x", np.zeros(8000, np.float32))},
        coords={"time": times, "split": ("trajectory", np.arange(40, dtype=np.int8)), "x": np.arange(8000.0)},
        attrs={"viscosity": 0.01, "seed": 3, "seeds": [1, 2]},
    )


@pytest.fixture
def store(dataset, tmp_path):
    write_dataset(dataset, tmp_path / "d.zarr")
    return tmp_path / "d.zarr"


def chunk(store, array="u"):
    return sorted(p for p in (store / array).rglob("*") if p.is_file() and p.name != "zarr.json")[0]


def test_round_trip_is_exact(dataset, store):
    assert is_own_store(store)
    xr.testing.assert_identical(read_dataset(store), dataset)
    assert read_dataset(store)["u"].dtype == np.float32


def test_variables_keep_their_order(tmp_path):
    names = ["wind", "t2m", "b", "z", "a"]
    write_dataset(xr.Dataset({name: ("x", np.arange(3.0)) for name in names}), tmp_path / "o.zarr")
    assert list(read_dataset(tmp_path / "o.zarr").data_vars) == names


def test_chunks_hold_whole_trajectories(store):
    shape = json.loads((store / "u" / "zarr.json").read_text())["chunk_grid"]["configuration"]["chunk_shape"]
    assert shape[1:] == [9, 8000] and shape[0] * 9 * 8000 * 4 <= 2**22


def test_writing_replaces_what_was_there(dataset, store):
    write_dataset(dataset.isel(trajectory=slice(2)), store)
    assert read_dataset(store).sizes["trajectory"] == 2
    assert [p.name for p in store.parent.iterdir()] == [store.name]


def test_a_folder_of_other_things_is_not_replaced(dataset, store, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home/thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="home: is a folder with other things in it, which would be lost"):
        write_dataset(dataset, tmp_path / "home")
    assert (tmp_path / "home/thesis.txt").exists()
    (store / "zarr.json").unlink()  # what is left of a damaged store may be replaced
    write_dataset(dataset, store)
    assert read_dataset(store)


def test_dataset_from_a_compressed_netcdf_can_be_written(dataset, tmp_path):
    small = dataset.isel(x=slice(10))
    small.to_netcdf(tmp_path / "a.nc", encoding={"u": {"zlib": True, "chunksizes": (1, 9, 10)}})
    with xr.open_dataset(tmp_path / "a.nc") as opened:
        write_dataset(opened, tmp_path / "a.zarr")
    np.testing.assert_array_equal(read_dataset(tmp_path / "a.zarr")["u"], small["u"])


def test_missing_chunk(store):
    chunk(store).unlink()
    with pytest.raises(InputError, match=r"d\.zarr: array `u`: file c/.* is missing"):
        read_dataset(store)


def test_truncated_chunk(store):
    path = chunk(store)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InputError, match=r"d\.zarr: array `u`: file c/.* is truncated or changed"):
        read_dataset(store)


def test_changed_byte(store):
    path = chunk(store, "split")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"array `split`: .* truncated or changed"):
        read_dataset(store)


def test_corrupt_array_metadata(store):
    (store / "u" / "zarr.json").write_text("{")
    with pytest.raises(InputError, match=r"array `u`: file zarr\.json is truncated or changed"):
        read_dataset(store)


@pytest.mark.parametrize("text", ["{", "[]", '{"attributes": {}}', '{"attributes": {"sha256": 3}}'])
def test_corrupt_root_metadata(store, text):
    (store / "zarr.json").write_text(text)
    with pytest.raises(InputError, match=r"zarr\.json: corrupt metadata or no `sha256` record"):
        read_dataset(store)


def test_root_that_is_no_group(store):
    metadata = json.loads((store / "zarr.json").read_text())
    metadata["node_type"] = "nonsense"
    del metadata["attributes"]["sha256"]["."]  # as in a store of an earlier version
    (store / "zarr.json").write_text(json.dumps(metadata))
    with pytest.raises(InputError, match="cannot be read as Zarr"):
        read_dataset(store)


@pytest.mark.parametrize("array", ["u", "split"])
def test_record_without_an_array(store, array):
    root = store / "zarr.json"
    metadata = json.loads(root.read_text())
    del metadata["attributes"]["sha256"][array], metadata["attributes"]["sha256"]["."]
    root.write_text(json.dumps(metadata))
    with pytest.raises(InputError, match=rf"d\.zarr: array `{array}` is missing from the record of sha256"):
        read_dataset(store)


def test_record_of_an_array_that_is_not_there(store):
    root = store / "zarr.json"
    metadata = json.loads(root.read_text())
    metadata["attributes"]["sha256"]["v"] = {}
    del metadata["attributes"]["sha256"]["."]
    root.write_text(json.dumps(metadata))
    with pytest.raises(InputError, match=r"d\.zarr: array `v` is missing from the store"):
        read_dataset(store)


@pytest.mark.parametrize("change", [{"title": "another"}, {"new": 1}, {"sha256": {}}])
def test_changed_attributes_are_refused_and_leave_the_digest_of_the_arrays(store, change):
    before = dataset_digest(store)
    root = store / "zarr.json"
    metadata = json.loads(root.read_text())
    record = metadata["attributes"]["sha256"]
    metadata["attributes"] |= {"title": "first"} | change
    metadata["attributes"]["sha256"] = record | {"t": {}} if "sha256" in change else record
    root.write_text(json.dumps(metadata))
    with pytest.raises(InputError, match="they do not match their sha256"):
        read_dataset(store)
    assert is_own_store(store), "it must not be opened as a store of others, which has no record"
    del metadata["attributes"]["sha256"]["."]
    root.write_text(json.dumps(metadata))
    assert "sha256" in change or dataset_digest(store) == before


def test_store_without_a_field(dataset, tmp_path):
    for name, empty in [("coordinates", dataset[[]]), ("nothing", xr.Dataset())]:
        write_dataset(empty, tmp_path / name)
        assert is_own_store(tmp_path / name)
        with pytest.raises(InputError, match=f"{name}: there is no field in this dataset"):
            read_dataset(tmp_path / name)


def test_missing_array_extra_file_and_no_store(store, tmp_path):
    (store / "u" / "c" / "stray").write_text("x")
    with pytest.raises(InputError, match="array `u`: unrecorded file c/stray"):
        read_dataset(store)
    with pytest.raises(InputError, match="no Zarr dataset there"):
        read_dataset(tmp_path / "nothing.zarr")
