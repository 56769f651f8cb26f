"""Generators as files: bit for bit back, and what is refused."""

import pytest
import torch

from sciml.graphs.conditions import property_of
from sciml.graphs.generator import GraphSampler
from sciml.graphs.store import load_generator, save_generator
from sciml.graphs.train import fitted
from sciml.io.errors import InputError
from sciml.io.model_file import load_model, save_model
from sciml.solvers.ddpm import DDPM
from sciml.solvers.grids import karras_grid


@pytest.fixture(params=["categorical", "eps", "published", "conditional"])
def made(request, small_model, published_model, networks, molecules):
    """A generator with random weights, and its configuration."""
    config, graphs = {
        "categorical": (small_model(matched_prior=True), networks),
        "eps": (small_model(parameterisation="eps", codes="plain"), molecules),
        "published": (published_model(), networks),
        "conditional": (small_model(condition="logp"), molecules),
    }[request.param]
    torch.manual_seed(0)
    generator = fitted(config, graphs, None if config.condition == "none" else property_of(config.condition, graphs))
    for parameter in generator.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    generator.precision = "bf16"
    return generator.eval(), config


def test_what_is_read_is_what_was_written_bit_for_bit(made, tmp_path):
    generator, config = made
    save_generator(tmp_path / "model.safetensors", generator, config)
    read, found = load_generator(tmp_path / "model.safetensors")
    assert read.asks_for == config.condition and read.conditional == (config.condition != "none")
    assert found == config and read.precision == "bf16" and not read.training
    assert read.representation.atoms == generator.representation.atoms
    assert read.process.moments == generator.process.moments
    wanted = generator.state_dict()
    assert read.state_dict().keys() == wanted.keys()
    assert all(torch.equal(tensor, wanted[name]) for name, tensor in read.state_dict().items())
    sampler = GraphSampler(DDPM(), karras_grid(generator.process.parts["adj"], 4, t_end=1e-3))
    one, other = (each.sample(5, sampler, generator=torch.Generator().manual_seed(0)).graphs for each in (generator, read))
    assert torch.equal(one.edges, other.edges) and torch.equal(one.labels, other.labels)


@pytest.fixture
def file(small_model, networks, tmp_path):
    path = tmp_path / "model.safetensors"
    config = small_model()
    save_generator(path, fitted(config, networks), config)
    return path


@pytest.mark.parametrize("place", [9, 400, -20])
def test_a_flipped_bit_is_refused(file, place):
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    with pytest.raises(InputError, match="model.safetensors: (not a readable|damaged|not a model)"):
        load_generator(file)


@pytest.mark.parametrize("name", ["model", "atoms", "pair_categories", "nodes", "moments"])
def test_a_header_that_lacks_something_is_refused(file, name):
    tensors, description = load_model(file, "graph generator")
    save_model(file, tensors, {key: value for key, value in description.items() if key != name})
    with pytest.raises(InputError, match=f"its header is not that of a generator of this version: KeyError\\('{name}'\\)"):
        load_generator(file)


def test_other_models_and_other_tensors_are_refused(file):
    tensors, description = load_model(file, "graph generator")
    save_model(file, tensors, {**description, "kind": "forecaster"})
    with pytest.raises(InputError, match="holds a model of kind 'forecaster', here 'graph generator' is needed"):
        load_generator(file)
    save_model(file, {name: tensor for name, tensor in tensors.items() if name != "sizes"}, description)
    with pytest.raises(InputError, match="lacks `sizes`"):
        load_generator(file)
    save_model(file, tensors, {**description, "nodes": 99})
    with pytest.raises(InputError, match="`sizes` has shape"):
        load_generator(file)
    save_model(file, tensors, {**description, "model": {"net": {"kind": "unet"}}})
    with pytest.raises(InputError, match="model.safetensors"):
        load_generator(file)


def test_a_model_of_an_earlier_version_may_say_what_score_ignores(published_model, networks, tmp_path):
    config, path = published_model(), tmp_path / "old.safetensors"
    save_generator(path, fitted(config, networks), config)
    tensors, description = load_model(path, "graph generator")
    assert not {"pair_weight", "focus"} & description["model"].keys()
    old = {**description["model"], "pair_weight": 3.0, "focus": 0.7}
    save_model(path, tensors, {**description, "model": old})
    assert load_generator(path)[1] == config
