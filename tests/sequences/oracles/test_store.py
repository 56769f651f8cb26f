"""Oracles as files: bit for bit back, and what is refused."""

import pytest
import torch

from sciml.io.digest import digest
from sciml.io.errors import InputError
from sciml.io.model_file import load_model, save_model
from sciml.sequences.oracles.reward import one_hot
from sciml.sequences.oracles.store import load_oracle, save_oracle
from sciml.sequences.oracles.train import train_oracle


@pytest.fixture(params=["net", "features", "positions"])
def trained(request, panel_config, bound, tmp_path):
    config = panel_config(steps=11, both_strands=True)
    made_of = getattr(config, request.param, config.features.model_copy(update={"positions": True, "motifs": 0}))
    return train_oracle(made_of, config.target, bound, seed=0, run_directory=tmp_path, fingerprint="test").oracle


@pytest.fixture
def file(trained, tmp_path):
    save_oracle(tmp_path / "oracle.safetensors", trained)
    return tmp_path / "oracle.safetensors"


def test_what_is_read_is_what_was_written_bit_for_bit(trained, file, bound):
    read = load_oracle(file)
    assert type(read) is type(trained) and not read.training
    assert (read.config, read.target, read.alphabet) == (trained.config, trained.target, trained.alphabet)
    assert digest(read.state_dict()) == digest(trained.state_dict())
    x = one_hot(bound.tokens[:50], 4)
    assert torch.equal(read(x), trained(x))
    assert not any(parameter.requires_grad for parameter in read.parameters())


@pytest.mark.parametrize("place", [9, 700, -5])
def test_a_flipped_bit_is_refused(file, place):
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"oracle.safetensors: (not a readable|damaged|not a model)"):
        load_oracle(file)


def test_a_header_that_lacks_something_is_refused(file):
    tensors, description = load_model(file, "sequence oracle")
    for name in description.keys() - {"kind"}:
        save_model(file, tensors, {key: value for key, value in description.items() if key != name})
        with pytest.raises(InputError, match=f"its header is not that of an oracle of this version: KeyError\\('{name}'\\)"):
            load_oracle(file)
    save_model(file, tensors, {**description, "kind": "forecaster"})
    with pytest.raises(InputError, match="holds a model of kind 'forecaster', here 'sequence oracle' is needed"):
        load_oracle(file)
    save_model(file, dict(list(tensors.items())[1:]), description)
    with pytest.raises(InputError, match="lacks `"):
        load_oracle(file)
