"""Configured solvers on the product of two processes that stop at different times."""

import pytest
import torch

from sciml.config.base import parse
from sciml.config.graph_models import GraphGuideConfig
from sciml.config.graph_settings import GraphSamplingConfig
from sciml.config.solvers import SolverConfig
from sciml.graphs.conditions import property_of
from sciml.graphs.generator import GraphSampler
from sciml.graphs.guide_train import fitted_guide
from sciml.graphs.sampling import sample_graphs, sampler
from sciml.graphs.train import fitted
from sciml.io.errors import InputError
from sciml.solvers.configured import solver_label

SOLVERS = [
    SolverConfig(name="ddim", eta=1.0, steps=4, grid="log_snr"),
    SolverConfig(name="dpm_solver_pp_sde", order=2, steps=4),
    SolverConfig(name="s4", steps=4),
    SolverConfig(name="euler_maruyama", steps=4, corrections=1),
]
VP, VE = {"kind": "vp_linear", "low": 0.1, "high": 1.0}, {"kind": "ve", "low": 0.2, "high": 1.0}


@pytest.mark.parametrize("config", SOLVERS, ids=lambda config: config.name)
@pytest.mark.parametrize(("x", "adj"), [(VP, VE), (VE, VP)], ids=["vp_ve", "ve_vp"])
def test_the_part_that_cannot_reach_the_data_ends_the_grid(published_model, molecules, config, x, adj):
    """VP stops at its t_min, VE could go to 0: nodes there would be 0 / 0, all of the first element."""
    torch.manual_seed(0)
    generator = fitted(published_model(x=x, adj=adj), molecules).eval()
    _, *_, end = sampler(generator, GraphSamplingConfig(solver=config)).grid.tolist()
    assert end == max(part.t_min for part in generator.process.parts.values()) > 0
    found = sample_graphs(generator, GraphSamplingConfig(count=64, solver=config), seed=0).generated.graphs
    assert len(found.labels[found.mask].unique()) > 1


def test_what_is_not_finite_is_refused(published_model, molecules):
    generator = fitted(published_model(x=VP, adj=VE), molecules).eval()
    chosen = sampler(generator, GraphSamplingConfig(solver=SOLVERS[0]))
    onto_data = GraphSampler(chosen.solver, torch.tensor([1.0, 0.0], dtype=torch.float64), True, "")
    with pytest.raises(FloatingPointError, match="not finite"):
        generator.sample(4, onto_data, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def told_size(small_model, molecules):
    """Of molecules of 1 to 4 atoms, the networks untrained."""
    torch.manual_seed(0)
    return fitted(small_model(condition="size"), molecules, property_of("size", molecules)).eval()


def drawn(generator, **options):
    config = GraphSamplingConfig(count=40, batch=16, solver=SOLVERS[0], **options)
    return sample_graphs(generator, config, seed=0, origin="m.safetensors").generated.graphs


def test_a_size_that_is_asked_for_is_that_of_all(told_size, small_model, molecules):
    assert set(drawn(told_size).sizes.tolist()) == set(molecules.sizes.tolist())
    assert drawn(told_size, value=3.0).sizes.tolist() == [3] * 40
    assert drawn(told_size, value=4.0, guidance=2.0, scaffold="CCO").sizes.tolist() == [4] * 40
    other = fitted(small_model(condition="logp"), molecules, property_of("logp", molecules)).eval()
    assert len(set(drawn(other, value=3.0).sizes.tolist())) > 1


@pytest.mark.parametrize("value", [7.0, 2.5, -1.0, 0.0])
def test_a_size_that_training_never_had_is_refused(told_size, value):
    told_size.sizes.copy_(torch.tensor([0, 1, 0, 2, 2]))
    message = f"m.safetensors: `value` must be a size seen in training, 1, 3 to 4, got {value:g}"
    with pytest.raises(InputError, match=message):
        drawn(told_size, value=value)


def test_a_scaffold_larger_than_the_size_asked_for_is_refused(told_size):
    with pytest.raises(InputError, match="`scaffold` must have at most 3 atoms for this model, got 4"):
        drawn(told_size, value=3.0, scaffold="CCCO")


@pytest.fixture
def led(small_model, molecules):
    """A model without `condition`, and a guide to logP, both untrained."""
    torch.manual_seed(0)
    model = fitted(small_model(), molecules).eval()
    net = {"kind": "graph_transformer", "width": 8, "pair_width": 4, "layers": 1, "heads": 2}
    config = parse(GraphGuideConfig, {"property": "logp", "net": net, "training": {"steps": 1}}, "f")
    return model, fitted_guide(config, model, property_of("logp", molecules)).eval().requires_grad_(False)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"value": 2.0}, ", to logp 2 by a guide, weight 1"),
        ({"value": -0.257, "guidance": 2.5}, ", to logp -0.257 by a guide, weight 2.5"),
    ],
)
def test_a_guide_that_knows_nothing_leads_nowhere_and_one_that_knows_does(led, options, says):
    """Untrained it says the same of every state, whatever it is asked for; the label says what was asked for and how."""
    model, guide = led
    config = GraphSamplingConfig(count=12, solver=SOLVERS[0], **options)
    found, elsewhere = (
        sample_graphs(model, one, guide, seed=0).generated for one in (config, config.model_copy(update={"value": 7.0}))
    )
    assert found.label == f"{solver_label(SOLVERS[0])}{says}" and found.nfe == 5
    assert torch.equal(found.graphs.edges, elsewhere.graphs.edges)
    for parameter in guide.predictor.parameters():
        parameter.normal_(generator=torch.Generator().manual_seed(0))
    assert not torch.equal(sample_graphs(model, config, guide, seed=0).generated.graphs.edges, found.graphs.edges)


def test_what_leads_must_fit_what_is_asked_for(led, small_model, molecules):
    model, guide = led
    told = fitted(small_model(condition="qed"), molecules, property_of("qed", molecules)).eval()
    plain, asked = GraphSamplingConfig(count=2), GraphSamplingConfig(count=2, value=1.0)
    for generator, config, leading, message in (
        (model, asked, None, "was not trained with a `condition`, so no `value` .* `sciml guide` .* `--guide`; got 1.0"),
        (
            told,
            asked,
            guide,
            "m.safetensors: was trained with `condition` qed, which leads it: `--guide` is for models without",
        ),
        (model, plain, guide, "`--guide` needs a `value` of logp to lead to: `evaluation.sampling.value` is missing"),
    ):
        with pytest.raises(InputError, match=message):
            sample_graphs(generator, config, leading, seed=0, origin="m.safetensors")


def test_what_a_told_model_is_asked_for_is_in_its_label(told_size):
    labels = [
        sampler(told_size, GraphSamplingConfig(solver=SOLVERS[0], **options)).label.partition(", to ")[2]
        for options in ({}, {"value": 3.0}, {"value": 3.0, "guidance": 2.0})
    ]
    assert labels == ["", "size 3", "size 3, weight 2"]
