"""Guides as files: bit for bit back, and refused where they were made for another model."""

import pytest
import torch

from sciml.config.base import parse
from sciml.config.graph_models import GraphGuideConfig
from sciml.graphs.conditions import property_of
from sciml.graphs.guide_store import load_guide, save_guide
from sciml.graphs.guide_train import fitted_guide
from sciml.graphs.store import save_generator
from sciml.graphs.train import fitted
from sciml.io.errors import InputError
from sciml.io.model_file import load_model, save_model

NET = {"kind": "graph_transformer", "width": 8, "pair_width": 4, "layers": 1, "heads": 2}
CONFIG = parse(GraphGuideConfig, {"property": "logp", "net": NET, "tolerance": 0.3, "training": {"steps": 1}}, "f")


@pytest.fixture
def made(small_model, molecules, tmp_path):
    """A generator, its configuration, a guide with random weights, and its file."""
    torch.manual_seed(0)
    config = small_model()
    generator = fitted(config, molecules).eval()
    guide = fitted_guide(CONFIG, generator, property_of("logp", molecules)).eval().requires_grad_(False)
    for parameter in guide.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    path = tmp_path / "guide.safetensors"
    save_guide(path, guide, CONFIG, generator, config)
    return generator, config, guide, path


def test_what_is_read_is_what_was_written_bit_for_bit(made, small_model, molecules):
    generator, config, guide, path = made
    read, found = load_guide(path, generator, config)
    assert found == CONFIG and read.asks_for == "logp" and read.tolerance == 0.3 and not read.training
    wanted = guide.state_dict()
    assert read.state_dict().keys() == wanted.keys()
    assert all(torch.equal(tensor, wanted[name]) for name, tensor in read.state_dict().items())
    t, state = torch.tensor(0.5, dtype=torch.float64), generator.representation.encode(molecules)
    assert torch.equal(read.led_to(1.0)(state, t), guide.led_to(1.0)(state, t))
    again = fitted(small_model(net=NET | {"width": 16}), molecules)  # another network, of the same data
    load_guide(path, again, config)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"adj": {"kind": "ve"}}, "process of pairs kind vp_cosine, but m.safetensors has kind ve"),
        ({"x": {"kind": "vp_linear"}}, "process of nodes kind vp_cosine, but m.safetensors has kind vp_linear"),
        ({"codes": "plain"}, "other `nodes.codes` of categories than m.safetensors"),
    ],
)
def test_a_guide_of_another_process_or_other_codes_is_refused(made, small_model, molecules, change, message):
    other = small_model(**change)
    with pytest.raises(InputError, match=f"guide.safetensors: made for a model with {message}"):
        load_guide(made[3], fitted(other, molecules), other, origin="m.safetensors")


def test_a_guide_of_other_graphs_is_refused(made, small_model, molecules, networks):
    config = small_model()
    with pytest.raises(InputError, match=r"made for a model with elements \['C', 'N', 'O', 'F'\], but the model has \[\]"):
        load_guide(made[3], fitted(config, networks), config)
    with pytest.raises(InputError, match="made for a model with counts of sizes"):
        load_guide(made[3], fitted(config, molecules.take(slice(0, 6))), config)


def test_other_files_are_refused(made):
    generator, config, _, path = made
    save_generator(path.with_name("m.safetensors"), generator, config)
    with pytest.raises(InputError, match="holds a model of kind 'graph generator', here 'graph guide' is needed"):
        load_guide(path.with_name("m.safetensors"), generator, config)
    tensors, description = load_model(path, "graph guide")
    for name in ("guide", "leads"):
        save_model(path, tensors, {key: value for key, value in description.items() if key != name})
        with pytest.raises(InputError, match=f"not that of a guide of this version: KeyError\\('{name}'\\)"):
            load_guide(path, generator, config)
    save_model(path, {name: one for name, one in tensors.items() if name != "property_scale"}, description)
    with pytest.raises(InputError, match="lacks `property_scale`"):
        load_guide(path, generator, config)
