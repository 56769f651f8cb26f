"""A generator for structures comes back from its file as it was."""

import pytest
import torch

from sciml.config.inverse_folding import InverseFoldingConfig, StructureEncoderConfig
from sciml.config.models import TrainingConfig
from sciml.io.errors import InputError
from sciml.io.model_file import save_model
from sciml.sequences.structures.features import structure_graph
from sciml.sequences.structures.store import load_folder, save_folder
from sciml.sequences.structures.train import build, generator_for


def test_a_generator_comes_back(coil, tmp_path):
    net = StructureEncoderConfig(width=16, neighbours=6, encoder_layers=1, decoder_layers=2)
    config = InverseFoldingConfig(net=net, schedule="cosine", training=TrainingConfig(steps=10))
    denoiser, graph = build(config).eval(), structure_graph(coil(9), 6)
    save_folder(tmp_path / "m.safetensors", denoiser, config)
    found, same = load_folder(tmp_path / "m.safetensors")
    assert same == config and found.process == denoiser.process
    x, t = torch.full((2, 9), 20), torch.ones(1, dtype=torch.float64)
    assert torch.equal(found(x, t, graph).log_probabilities, denoiser(x, t, graph).log_probabilities)


def test_a_generator_for_a_structure_is_saved_for_all(coil, tmp_path):
    """As fine-tuning leaves it."""
    net = StructureEncoderConfig(width=16, neighbours=6, encoder_layers=1, decoder_layers=1)
    config = InverseFoldingConfig(net=net, training=TrainingConfig(steps=10))
    denoiser, other = build(config).eval(), structure_graph(coil(11, 1), 6)
    save_folder(tmp_path / "m.safetensors", generator_for(denoiser, coil(9), 6).denoiser, config)
    x, t = torch.full((2, 11), 20), torch.ones(1, dtype=torch.float64)
    found = load_folder(tmp_path / "m.safetensors")[0](x, t, other)
    assert torch.equal(found.log_probabilities, denoiser(x, t, other).log_probabilities)


def test_a_file_of_something_else_is_refused(tmp_path):
    save_model(tmp_path / "m.safetensors", {"x": torch.zeros(1)}, {"kind": "stability"})
    with pytest.raises(InputError, match="holds a model of kind 'stability', here 'inverse folding' is needed"):
        load_folder(tmp_path / "m.safetensors")
    save_model(tmp_path / "m.safetensors", {"x": torch.zeros(1)}, {"kind": "inverse folding"})
    with pytest.raises(InputError, match="its header is not that of a generator for structures of this version"):
        load_folder(tmp_path / "m.safetensors")
