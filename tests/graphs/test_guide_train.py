"""Training of guides: the exact law of independent edges is learnt, and leads samples where Bayes' rule says."""

import math
import os
import signal

import networkx as nx
import pytest
import torch

from sciml.config.base import parse
from sciml.config.graph_models import GraphGuideConfig
from sciml.config.graph_settings import GraphSamplingConfig
from sciml.config.solvers import SolverConfig
from sciml.graphs.data.graph_set import GraphSet, graph_set
from sciml.graphs.guide_train import fitted_guide, train_guide
from sciml.graphs.sampling import sample_graphs
from sciml.graphs.train import fitted
from sciml.io.digest import digest
from sciml.io.errors import InputError
from sciml.numerics.graph_state import pair_mask
from sciml.training import fit as fit_module
from sciml.training.signals import Stopped

NODES, SHARE = 6, 0.3
PAIRS = NODES * (NODES - 1) // 2
NET = {"kind": "graph_transformer", "width": 16, "pair_width": 8, "layers": 1, "heads": 2}


def settings(**changed) -> GraphGuideConfig:
    training = {"steps": 500, "batch": 64, "rate": 1e-2, "precision": "32"}
    return parse(GraphGuideConfig, {"property": "edges", "net": NET, "tolerance": 0.2, "training": training} | changed, "f")


@pytest.fixture(scope="module")
def random_graphs() -> GraphSet:
    """Edges that are independent: 512 graphs of 6 nodes."""
    return graph_set([nx.gnp_random_graph(NODES, SHARE, seed=seed) for seed in range(512)])


def edges_of(graphs: GraphSet) -> torch.Tensor:
    return (graphs.edges > 0).sum((1, 2)).double() / 2


@pytest.fixture
def model(small_model, random_graphs):
    """An untrained network is exact for independent edges."""
    torch.manual_seed(0)
    return fitted(small_model(), random_graphs).eval()


def test_a_trained_guide_knows_the_law_and_leads_up_and_down(model, random_graphs, tmp_path):
    """mu and s against the sums over pairs, and edges of samples against the law that Bayes' rule gives."""
    trained = train_guide(
        settings(),
        model,
        random_graphs,
        seed=0,
        run_directory=tmp_path,
        fingerprint="a",
        properties={"edges": edges_of(random_graphs)},
    )
    guide, (mean, deviation) = trained.guide, trained.guide.property_scale.tolist()
    assert (mean, deviation) == pytest.approx((PAIRS * SHARE, math.sqrt(PAIRS * SHARE * (1 - SHARE))), rel=0.03)
    assert (
        trained.report.steps == 500
        and trained.run == tmp_path / "a"
        and not any(parameter.requires_grad for parameter in guide.parameters())
    )
    t = torch.linspace(0.1, 0.9, 512, dtype=torch.float64)
    seen = model.process.perturb(model.representation.encode(random_graphs), t, generator=torch.Generator().manual_seed(1))
    logits = guide.pairs.local_logits(model.process.parts["adj"], seen.adj[..., None], t)
    p = logits.softmax(-1)[..., 1] * pair_mask(seen.mask)
    exact = (p.sum((1, 2)) / 2 - mean) / deviation
    spread = ((p * (1 - p)).sum((1, 2)) / 2 / deviation**2 + 0.2**2).sqrt()
    mu, log_s = guide(seen, t)
    assert (mu - exact).square().mean() < 0.03 * exact.var()
    assert (log_s.exp() / spread - 1).abs().mean() < 0.15

    count = torch.arange(PAIRS + 1).double()
    prior = torch.distributions.Binomial(PAIRS, torch.tensor(model.representation.pairs.shares[1].item())).log_prob(count)
    solver = SolverConfig(name="dpm_solver_pp_sde", order=2, steps=40)
    for value, weight in ((1.0, 1.0), (8.0, 1.0), (8.0, 0.5)):
        config = GraphSamplingConfig(count=250, solver=solver, value=value, guidance=weight)
        found = edges_of(sample_graphs(model, config, guide, seed=0).generated.graphs).mean().item()
        law = (prior - weight * ((count - value) / (0.2 * deviation)) ** 2 / 2).softmax(0)
        assert found == pytest.approx((law @ count).item(), abs=0.5)
    plain = edges_of(sample_graphs(model, GraphSamplingConfig(count=250, solver=solver), seed=0).generated.graphs)
    assert plain.mean().item() == pytest.approx(PAIRS * SHARE, abs=0.4)


def test_resumed_equals_unbroken(model, random_graphs, tmp_path, monkeypatch):
    config = settings(net=NET | {"dropout": 0.2}, training={"steps": 20, "batch": 16, "precision": "32"})

    def train(folder: str):
        known = {"edges": edges_of(random_graphs)}
        return train_guide(
            config, model, random_graphs, seed=3, run_directory=tmp_path / folder, fingerprint="a", properties=known
        )

    unbroken, step = train("unbroken"), fit_module._Run._step

    def step_and_signal(run):
        if run.state.step == 11:
            os.kill(os.getpid(), signal.SIGTERM)
        return step(run)

    monkeypatch.setattr(fit_module._Run, "_step", step_and_signal)
    with pytest.raises(Stopped, match="SIGTERM at step 12 of 20"):
        train("broken")
    monkeypatch.undo()
    assert digest(train("broken").guide.state_dict()) == digest(unbroken.guide.state_dict())


def test_graphs_of_which_the_property_is_not_known_are_left_out(model, random_graphs, tmp_path):
    """As if they were not there."""
    values, few = edges_of(random_graphs).clone(), settings(training={"steps": 3, "batch": 16, "precision": "32"})
    values[::2] = torch.nan
    known = random_graphs.take(torch.isfinite(values))
    made = [
        train_guide(few, model, graphs, seed=0, run_directory=tmp_path / name, fingerprint="a", properties={"edges": told})
        for name, graphs, told in (("all", random_graphs, values), ("known", known, edges_of(known)))
    ]
    assert digest(made[0].guide.state_dict()) == digest(made[1].guide.state_dict())
    torch.testing.assert_close(
        fitted_guide(few, model, values).property_scale.double(),
        torch.stack([values.nanmean(), edges_of(known).std(correction=0)]),
    )


def test_what_cannot_be_learnt_is_refused(model, small_model, molecules, random_graphs, tmp_path):
    def train(config, generator, graphs, **known):
        train_guide(config, generator, graphs, seed=0, run_directory=tmp_path, fingerprint="a", properties=known)

    one = torch.ones(len(random_graphs), dtype=torch.float64)
    with pytest.raises(InputError, match="`property` edges must have different values over the training set"):
        train(settings(), model, random_graphs, edges=one)
    with pytest.raises(InputError, match="`property` of a guide must be among cliques for these data, got edges"):
        train(settings(), model, random_graphs, cliques=one)
    with pytest.raises(InputError, match="`property` of a guide must be among none for these data, got logp"):
        train(settings(property="logp"), model, random_graphs)
    with pytest.raises(InputError, match="`property` of a guide must be among logp, qed for these data, got edges"):
        train(settings(), fitted(small_model(), molecules), molecules)
    with pytest.raises(InputError, match="was trained with `condition` size, which leads it: guides are for models without"):
        train(settings(), fitted(small_model(condition="size"), random_graphs, random_graphs.sizes.double()), random_graphs)
    with pytest.raises(InputError, match="makes graphs with elements none, the data have C, N, O, F"):
        train(settings(property="logp"), model, molecules)
    with pytest.raises(InputError, match="up to 6 nodes and 1 kinds of edges, the data have up to 7 and 1"):
        train(settings(), model, graph_set([nx.path_graph(7)] * 3), edges=one[:3])
