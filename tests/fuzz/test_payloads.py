"""A file that holds code to be executed is refused, and the code is not: the sentinel that it would leave is not there."""

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from sciml.io.errors import InputError

from .parsers import PARSERS

TORCH = ("pyg", "gdss", "checkpoint", "model", "citations")


class Payload:
    """Pickled, it writes a file when it is unpickled."""

    def __init__(self, sentinel: Path) -> None:
        self.sentinel = sentinel

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.sentinel,)


def torch_file(payload: Payload) -> bytes:
    file = io.BytesIO()
    torch.save({"format": 2, "fingerprint": "mark", "model_config": payload, "params_x": {}, "params_adj": {}}, file)
    return file.getvalue()


def plain_pickle(payload: Payload) -> bytes:
    return pickle.dumps(payload, 2)


def legacy_torch_file(payload: Payload) -> bytes:
    file = io.BytesIO()
    torch.save([payload], file, _use_new_zipfile_serialization=False)
    return file.getvalue()


def script_archive(payload: Payload) -> bytes:
    """As of TorchScript, with a pickle of constants."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("data.pkl", "constants.pkl"):
            archive.writestr(f"archive/{name}", pickle.dumps(payload, 2))
        archive.writestr("archive/version", "3\n")
    return file.getvalue()


@pytest.mark.filterwarnings("ignore:'torch.load' received a zip file that looks like a TorchScript archive")
@pytest.mark.parametrize("name", TORCH)
@pytest.mark.parametrize("make", [torch_file, plain_pickle, legacy_torch_file, script_archive])
def test_no_code_in_a_file_is_executed(name: str, make: Callable[[Payload], bytes], tmp_path: Path) -> None:
    parser, sentinel = PARSERS[name], tmp_path / "executed"
    path = tmp_path / parser.name
    path.write_bytes(make(Payload(sentinel)))
    with pytest.raises(InputError):
        parser.read(path)
    assert not sentinel.exists()


def test_the_payload_would_work(tmp_path: Path) -> None:
    pickle.loads(plain_pickle(Payload(tmp_path / "executed")))
    assert (tmp_path / "executed").exists()


def test_yaml_executes_no_code(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    touch = f"!!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path [{tmp_path}/executed]]"
    path.write_text(f"domain: {touch}\n")
    with pytest.raises(InputError, match="not valid YAML"):
        PARSERS["yaml"].read(path)
    assert not (tmp_path / "executed").exists()


def test_a_zarr_store_with_pickled_objects_is_refused(tmp_path: Path) -> None:
    """Zarr of format 2 may name the codec `pickle`, which would execute code for every chunk."""
    store = tmp_path / "a.zarr"
    (store / "u").mkdir(parents=True)
    (store / ".zgroup").write_text('{"zarr_format": 2}')
    (store / ".zattrs").write_text("{}")
    (store / "u/.zattrs").write_text('{"_ARRAY_DIMENSIONS": ["time", "x"]}')
    (store / "u/.zarray").write_text(
        '{"zarr_format": 2, "shape": [2, 2], "chunks": [2, 2], "dtype": "|O", "compressor": null, "fill_value": null,'
        ' "order": "C", "filters": [{"id": "pickle", "protocol": 2}]}'
    )
    (store / "u/0.0").write_bytes(plain_pickle(Payload(tmp_path / "executed")))
    from sciml.pde.data.load import load_fields
    from sciml.pde.data.validate import validate

    with pytest.raises(InputError):
        validate(load_fields(store), store)
    assert not (tmp_path / "executed").exists()
