"""Training of generators: it learns what a small set holds, and goes on bit for bit."""

import os
import signal

import pytest
import torch

from sciml.graphs import train as train_module
from sciml.graphs.conditions import property_of
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.gdss import objective
from sciml.graphs.train import examples, fitted, train_generator
from sciml.io.digest import digest
from sciml.io.errors import InputError
from sciml.training import fit as fit_module
from sciml.training.signals import Stopped


def train(config, graphs, folder):
    return train_generator(config, graphs, seed=3, run_directory=folder, fingerprint="test")


def loss(config, generator, graphs) -> float:
    """Over the training set, the same times and noise for all."""
    rows = tuple(part.repeat(10, *[1] * (part.ndim - 1)) for part in examples(generator, config, graphs))
    with torch.no_grad():
        return objective(config, generator.denoiser)(torch.Generator().manual_seed(7), *rows).item()


SETTINGS = {"steps": 80, "batch": 16, "rate": 1e-2, "precision": "32"}


@pytest.mark.parametrize(("parameterisation", "share"), [("categorical", 0.9), ("x0", 0.8), ("eps", 0.8)])
def test_a_short_training_lowers_the_loss(parameterisation, share, small_model, networks, tmp_path):
    """Categories start from what each place knows of itself, so less is left to learn."""
    config = small_model(parameterisation=parameterisation, training=SETTINGS)
    torch.manual_seed(0)
    before = loss(config, fitted(config, networks).eval(), networks)
    trained = train(config, networks, tmp_path)
    assert loss(config, trained.generator, networks) < share * before
    assert trained.report.steps == 80 and trained.run == tmp_path / "test" and not trained.generator.training
    assert trained.parameters == sum(parameter.numel() for parameter in trained.generator.parameters())


def test_the_published_system_learns_too(published_model, networks, tmp_path):
    config = published_model(training=SETTINGS)
    torch.manual_seed(0)
    before = loss(config, fitted(config, networks).eval(), networks)
    assert loss(config, train(config, networks, tmp_path).generator, networks) < 0.8 * before


@pytest.mark.parametrize("condition", ["none", "qed"])
def test_resumed_equals_unbroken(condition, small_model, molecules, tmp_path, monkeypatch):
    """With dropout and conditions that are told at random: every source of chance is resumed."""
    net = {"kind": "graph_transformer", "width": 8, "pair_width": 4, "layers": 1, "heads": 2, "dropout": 0.2}
    config = small_model(net=net, condition=condition)
    unbroken = train(config, molecules, tmp_path / "unbroken")
    step = fit_module._Run._step

    def step_and_signal(run):
        if run.state.step == 11:
            os.kill(os.getpid(), signal.SIGTERM)
        return step(run)

    monkeypatch.setattr(fit_module._Run, "_step", step_and_signal)
    with pytest.raises(Stopped, match="SIGTERM at step 12 of 20"):
        train(config, molecules, tmp_path / "broken")
    monkeypatch.undo()
    resumed = train(config, molecules, tmp_path / "broken")
    assert digest(resumed.generator.state_dict()) == digest(unbroken.generator.state_dict())


def test_a_generator_knows_sizes_codes_moments_and_the_property(small_model, molecules, networks):
    values = property_of("logp", molecules)
    made = fitted(small_model(matched_prior=True, condition="logp"), molecules, values)
    assert made.sizes.tolist() == torch.bincount(molecules.sizes).tolist()
    state = made.representation.encode(molecules)
    moments = made.process.moments
    assert moments.x_mean == pytest.approx([0.0] * 4, abs=1e-6) and moments.adj_variance == pytest.approx(1.0, rel=1e-5)
    assert torch.equal(made.denoiser.nodes.codes, made.representation.nodes.codes) and state.x.shape[-1] == 4
    assert torch.equal(made.denoiser.pairs.shares, made.representation.pairs.shares)
    torch.testing.assert_close(made.property_scale, torch.stack([values.mean(), values.std(correction=0)]))
    assert fitted(small_model(), networks).representation.nodes.codes.tolist() == [[0.0]]  # no features
    plain = fitted(small_model(codes="plain", degrees=10), networks)
    assert plain.process.moments is None and plain.representation.pairs.codes.tolist() == [[0.0], [1.0]]
    assert plain.representation.nodes.codes.shape == (10, 10)


def test_graphs_of_single_nodes_are_refused(small_model, networks):
    singles = GraphSet(networks.labels, torch.zeros_like(networks.edges), torch.ones_like(networks.sizes))
    with pytest.raises(InputError, match="no training graph has two nodes"):
        fitted(small_model(), singles)


def test_examples_are_categories_or_codes_and_what_may_be_told(small_model, published_model, molecules, networks):
    config = small_model(condition="size")
    values = property_of("size", molecules)
    nodes, pairs, mask, cond = examples(fitted(config, molecules, values), config, molecules, values)
    assert torch.equal(nodes, molecules.labels) and torch.equal(pairs, molecules.edges) and torch.equal(mask, molecules.mask)
    sizes = molecules.sizes.float()
    torch.testing.assert_close(cond[:, 0], (sizes - sizes.mean()) / sizes.std(correction=0))
    assert (cond[:, 1] == 1).all()
    config = published_model()
    x, adj, _ = examples(fitted(config, networks), config, networks)
    assert torch.equal(adj, networks.edges.float())
    degrees = networks.edges.sum(-1)
    assert torch.equal(x, torch.eye(5)[degrees.long()] * networks.mask[..., None])


def test_values_go_with_a_condition(small_model, networks):
    with pytest.raises(ValueError, match="`values` must be given just where there is a `condition`, got size"):
        fitted(small_model(condition="size"), networks)


def test_a_measured_property_is_learnt_and_read_once(small_model, molecules, tmp_path, monkeypatch):
    """What is told is the stored number; where it is computed, it is computed once for scale and examples."""
    boiling = torch.arange(10.0, dtype=torch.float64) * 7
    config = small_model(condition="boiling")
    trained = train_generator(
        config, molecules, seed=3, run_directory=tmp_path, fingerprint="a", properties={"boiling": boiling}
    )
    made = trained.generator
    assert made.asks_for == "boiling" and made.conditional
    torch.testing.assert_close(made.property_scale.double(), torch.stack([boiling.mean(), boiling.std(correction=0)]))
    asked = []
    monkeypatch.setattr(train_module, "property_of", lambda *given: asked.append(given) or property_of(*given))
    train(small_model(condition="logp"), molecules, tmp_path / "b")
    assert len(asked) == 1
    with pytest.raises(InputError, match="`condition` must be among none, size, melting, logp, qed .*, got boil"):
        train_generator(
            small_model(condition="boil"),
            molecules,
            seed=3,
            run_directory=tmp_path,
            fingerprint="c",
            properties={"melting": boiling},
        )


@pytest.mark.parametrize("value", [2.5, float("nan")])
def test_a_property_that_never_varies_cannot_be_asked_for(value, small_model, molecules):
    with pytest.raises(InputError, match="`condition` boiling must have different values over the training set"):
        fitted(small_model(condition="boiling"), molecules, torch.full((10,), value))


def test_a_property_of_small_numbers_is_told_by_its_own_deviation_and_one_size_may_be_asked_for(small_model, molecules):
    values = torch.tensor([1e-9, 3e-9]).repeat(5)
    made = fitted(small_model(condition="boiling"), molecules, values)
    torch.testing.assert_close(made.property_scale, torch.tensor([2e-9, 1e-9]), rtol=1e-5, atol=0)
    of_one_size = fitted(small_model(condition="size"), molecules, torch.full((10,), 4.0))
    assert of_one_size.condition(torch.tensor([4.0])).tolist() == [[0.0, 1.0]]
