"""A checkpoint is read back as it was written; any other content is refused in one line that names the file."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Generator, nn

from sciml.io.digest import digest
from sciml.io.errors import InputError
from sciml.training.checkpoint import FORMAT, HELD, TrainingState, read_checkpoint, restore, save_checkpoint
from sciml.training.ema import ExponentialMovingAverage


def state(seed: int = 0) -> TrainingState:
    """After one step of Adam on a layer."""
    torch.manual_seed(seed)
    module = nn.Linear(2, 1)
    optimizer = torch.optim.AdamW(module.parameters())
    module(torch.ones(3, 2)).sum().backward()
    optimizer.step()
    ema = ExponentialMovingAverage(module.parameters(), 10.0)
    return TrainingState(module, optimizer, ema, Generator().manual_seed(seed), 9, "32", 1, 0.5, 0.25, 1.5)


def sealed(path: Path, content: dict[str, Any]) -> Path:
    torch.save(content | {"sha256": digest(content)}, path)
    return path


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_checkpoint(path, "mark")
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)
    return str(caught.value)


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    one, other = state(0), state(1)
    save_checkpoint(tmp_path / "c", one, "mark")
    restore(read_checkpoint(tmp_path / "c", "mark"), other)
    assert all(torch.equal(a, b) for a, b in zip(one.module.parameters(), other.module.parameters(), strict=True))
    assert digest(one.optimizer.state_dict()) == digest(other.optimizer.state_dict())
    assert (other.step, other.steps, other.cpu_seconds, other.wall_seconds, other.loss) == (1, 9, 0.5, 0.25, 1.5)


def test_a_pickle_that_asks_for_no_storage_is_refused(tmp_path: Path) -> None:
    """torch's reader asserts what a reference to a tensor is."""
    torch.save({}, tmp_path / "whole")
    with zipfile.ZipFile(tmp_path / "whole") as whole, zipfile.ZipFile(tmp_path / "c", "w") as torn:
        for name in whole.namelist():
            torn.writestr(name, b"\x80\x02K\x01Q." if name.endswith("data.pkl") else whole.read(name))
    assert "not a readable checkpoint (AssertionError)" in refused(tmp_path / "c")


@pytest.mark.parametrize("value", [{1, 2}, torch.float32, bytearray(b"a"), 1j, torch.eye(2).to_sparse()], ids=repr)
def test_a_value_without_a_digest_is_refused(tmp_path: Path, value: object) -> None:
    torch.save({"format": FORMAT, "fingerprint": "mark", "model": value, "sha256": "ab"}, tmp_path / "c")
    assert "not a readable checkpoint" in refused(tmp_path / "c")
    torch.save(value, tmp_path / "c")
    refused(tmp_path / "c")


@pytest.mark.parametrize("key", ["format", "sha256", "fingerprint"])
def test_a_tensor_in_the_place_of_a_word_is_refused(tmp_path: Path, key: str) -> None:
    content = {"format": FORMAT, "fingerprint": "mark"}
    torch.save({**content, "sha256": digest(content), key: torch.ones(2)}, tmp_path / "c")
    refused(tmp_path / "c")


@pytest.mark.parametrize("name", HELD)
def test_a_checkpoint_that_lacks_anything_is_refused_though_its_digest_is_right(tmp_path: Path, name: str) -> None:
    save_checkpoint(tmp_path / "c", state(), "mark")
    whole = read_checkpoint(tmp_path / "c", "mark")
    less = {key: value for key, value in whole.items() if key != name}
    kind = HELD[name].__name__
    message = f"not a whole checkpoint: `{name}` must be of type {kind}"
    assert f"{message}, it is missing" in refused(sealed(tmp_path / "less", less))
    assert f"{message}, got NoneType" in refused(sealed(tmp_path / "other", whole | {name: None}))


def test_a_seal_alone_is_no_checkpoint(tmp_path: Path) -> None:
    assert "it is missing" in refused(sealed(tmp_path / "c", {"format": FORMAT, "fingerprint": "mark"}))
