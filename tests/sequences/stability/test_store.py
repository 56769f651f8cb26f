"""A model of stability comes back from its file as it was."""

import pytest
import torch

from sciml.config.inverse_folding import StabilityConfig
from sciml.io.errors import InputError
from sciml.io.model_file import save_model
from sciml.sequences.stability.model import StabilityModel
from sciml.sequences.stability.store import load_stability, save_stability


def test_a_model_comes_back(tmp_path):
    model = StabilityModel(StabilityConfig(members=2, width=8, reach=1))
    save_stability(tmp_path / "m.safetensors", model)
    found = load_stability(tmp_path / "m.safetensors")
    assert torch.equal(found.changes("MKLV", [0.1] * 4), model.changes("MKLV", [0.1] * 4)) and found.config == model.config


def test_a_file_of_something_else_is_refused(tmp_path):
    save_model(tmp_path / "m.safetensors", {"x": torch.zeros(1)}, {"kind": "sequence generator"})
    with pytest.raises(InputError, match="holds a model of kind 'sequence generator', here 'stability' is needed"):
        load_stability(tmp_path / "m.safetensors")
    save_model(tmp_path / "m.safetensors", {"x": torch.zeros(1)}, {"kind": "stability"})
    with pytest.raises(InputError, match="its header is not that of a model of stability of this version"):
        load_stability(tmp_path / "m.safetensors")
