"""Configured solvers on the product of two processes that stop at different times."""

import pytest
import torch

from sciml.config.graph_settings import GraphSamplingConfig
from sciml.config.solvers import SolverConfig
from sciml.graphs.conditions import property_of
from sciml.graphs.generator import GraphSampler
from sciml.graphs.sampling import sample_graphs, sampler
from sciml.graphs.train import fitted
from sciml.io.errors import InputError

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
