"""Guides: the law they state, what they push, and sizes, against sums over all graphs."""

import itertools
import math

import networkx as nx
import pytest
import torch
from torch import Tensor, nn

from sciml.config.base import parse
from sciml.config.graph_models import GraphGuideConfig
from sciml.graphs.data.graph_set import graph_set
from sciml.graphs.guide import GraphGuide
from sciml.graphs.guide_sizes import DRAWS, led_sizes
from sciml.graphs.guide_train import build_guide
from sciml.graphs.train import fitted
from sciml.guidance.classifier import ClassifierGuided
from sciml.numerics.graph_state import GraphState, pair_mask, symmetrised

F64 = torch.float64
NET = {"kind": "graph_transformer", "width": 8, "pair_width": 4, "layers": 2, "heads": 2}
GUIDE = {"property": "edges", "net": NET, "training": {"steps": 1}}


class EdgeCount(nn.Module):
    """The exact mean and variance of b times the number of edges, of pairs that are independent given x_t."""

    def __init__(self, b: float) -> None:
        super().__init__()
        self.b = b

    def forward(self, nodes: Tensor, pairs: Tensor, mask: Tensor, t: Tensor) -> Tensor:
        p = pairs[..., 1] * pair_mask(mask)
        variance = (p * (1 - p)).sum((1, 2)) / 2
        return torch.stack([self.b * p.sum((1, 2)) / 2, (self.b**2 * variance).log() / 2], -1)


@pytest.fixture
def independent(small_model):
    """Edges between any of 4 nodes with probability .3, independently: an untrained network is then exact."""
    model = fitted(small_model(), graph_set([nx.path_graph(4)])).double().eval()
    for part in (model.representation.pairs, model.denoiser.pairs):
        part.shares.copy_(torch.tensor([0.7, 0.3]))
    return model


def all_graphs(model) -> tuple[Tensor, Tensor, Tensor]:
    """Adjacency of codes, number of edges and probability of each of the 64 graphs."""
    chosen = torch.tensor(list(itertools.product((0, 1), repeat=6)))
    upper = torch.zeros(64, 4, 4, dtype=torch.long)
    upper[:, *torch.triu_indices(4, 4, 1)] = chosen
    edges = symmetrised(upper.double()).long()
    codes = model.representation.pairs.codes[edges, 0] * pair_mask(torch.ones(64, 4, dtype=torch.bool))
    return codes, chosen.sum(1).double(), (0.3**chosen * 0.7 ** (1 - chosen)).double().prod(1)


def noisy(model, t: Tensor) -> GraphState:
    mask = torch.ones(1, 4, dtype=torch.bool)
    clean = all_graphs(model)[0][37:38]
    state = GraphState(torch.zeros(1, 4, 1, dtype=F64), clean, mask)
    return model.process.perturb(state, t, generator=torch.Generator().manual_seed(2))


def exact_mean(model, seen: GraphState, t: Tensor, y: float, b: float) -> Tensor:
    """E[A_0 | x_t, y], y = b edges + a standard normal, by a sum over all graphs."""
    codes, edges, prior = all_graphs(model)
    process = model.process.parts["adj"]
    off = ((seen.adj - process.alpha(t) * codes) ** 2).sum((1, 2)) / 2
    logs = prior.log() - off / (2 * process.sigma(t) ** 2) - (y - b * edges) ** 2 / 2
    return torch.einsum("g,gij->ij", logs.softmax(0), codes)


@pytest.mark.parametrize("time", [0.3, 0.6, 0.9])
def test_the_push_is_that_of_bayes_rule(independent, time):
    """As y says less of the graph its law becomes Gaussian: what is wrong falls faster than the push."""
    t, y, wrong, pushes = torch.tensor(time, dtype=F64), 1.5, [], []
    seen = noisy(independent, t)
    plain = independent.denoiser(seen, t).mean.adj[0]
    torch.testing.assert_close(plain, exact_mean(independent, seen, t, y, 0.0), rtol=0, atol=1e-9)
    for b in (0.2, 0.1, 0.05):
        guide = GraphGuide(EdgeCount(b), independent.representation, independent.process, "edges", 1.0).double()
        exact = exact_mean(independent, seen, t, y, b)
        found = ClassifierGuided(independent.denoiser, guide.led_to(y))(seen, t).mean.adj[0]
        wrong.append((found - exact).norm() / (exact - plain).norm())
        pushes.append((exact - plain).norm())
    assert wrong[0] < 0.05 and wrong[2] < 0.004
    assert wrong[0] / wrong[1] > 3 and wrong[1] / wrong[2] > 3 and pushes[0] / pushes[2] < 5  # second order, and first


def test_the_law_is_a_gaussian_of_the_standardised_property(independent):
    guide = build_guide(parse(GraphGuideConfig, GUIDE | {"tolerance": 0.2}, "f"), independent).double()
    torch.manual_seed(0)
    for parameter in guide.parameters():
        nn.init.normal_(parameter, std=0.3)
    guide.property_scale.copy_(torch.tensor([5.0, 2.0]))
    t = torch.tensor(0.4, dtype=F64)
    seen = noisy(independent, t)
    mu, log_s = guide(seen, t)
    assert (log_s > math.log(0.2)).all()
    law = torch.distributions.Normal(5 + 2 * mu, 2 * log_s.exp())
    found = [guide.led_to(value)(seen, t) for value in (3.0, 8.5)]
    wanted = [law.log_prob(torch.tensor(value)) for value in (3.0, 8.5)]
    torch.testing.assert_close(found[0] - found[1], wanted[0] - wanted[1], rtol=0, atol=1e-6)
    torch.testing.assert_close(guide.surprise(seen, t, mu), log_s - math.log(0.2))
    assert guide.surprise(seen, t, mu + 0.1).item() > guide.surprise(seen, t, mu).item() > 0


@pytest.fixture
def of_molecules(small_model, molecules):
    """A guide with random weights, and the generator that it leads."""
    model = fitted(small_model(), molecules).eval()
    torch.manual_seed(3)
    guide = build_guide(parse(GraphGuideConfig, GUIDE | {"property": "logp"}, "f"), model)
    for parameter in guide.parameters():
        nn.init.normal_(parameter, std=0.2)
    return model.double(), guide.double().eval()


def test_a_graph_is_led_by_itself_in_any_order_of_its_nodes(of_molecules, molecules):
    """log p and its push for a graph alone, without padding, are those in a batch; a permutation permutes the push."""
    model, guide = of_molecules
    t = torch.linspace(0.2, 0.9, len(molecules), dtype=F64)
    clean = model.representation.encode(molecules)
    seen = model.process.perturb(clean, t, generator=torch.Generator().manual_seed(0))
    guided = ClassifierGuided(model.denoiser, guide.led_to(1.0))
    logs, moved = guide.led_to(1.0)(seen, t), guided(seen, t).mean
    assert logs.std() > 1e-3
    for k, n in enumerate(molecules.sizes.tolist()):
        order = torch.randperm(n, generator=torch.Generator().manual_seed(k))
        alone = GraphState(seen.x[k : k + 1, order], seen.adj[k : k + 1, order][:, :, order], seen.mask[k : k + 1, :n])
        torch.testing.assert_close(guide.led_to(1.0)(alone, t[k : k + 1]), logs[k : k + 1], rtol=0, atol=1e-10)
        found = guided(alone, t[k : k + 1]).mean
        torch.testing.assert_close(found.x[0], moved.x[k, order], rtol=0, atol=1e-9)
        torch.testing.assert_close(found.adj[0], moved.adj[k, order][:, order], rtol=0, atol=1e-9)
    assert (moved.x[~seen.mask] == 0).all() and (moved.adj[~pair_mask(seen.mask)] == 0).all()
    assert torch.equal(moved.adj, moved.adj.transpose(1, 2))


def test_sizes_follow_bayes_rule_and_those_never_seen_stay_so(small_model, networks):
    """p(n | y) of a guide that says y is the number of nodes, give or take 1, whatever the state."""
    model = fitted(small_model(), networks).eval()
    model.sizes.copy_(torch.tensor([0, 0, 0, 4, 0, 2, 8]))
    states: list[GraphState] = []

    def log_probability(x_t: GraphState, t: Tensor) -> Tensor:
        states.append(x_t)
        assert t == 1
        return -((x_t.mask.sum(1) - 4.5) ** 2) / 2

    generator = torch.Generator().manual_seed(0)
    counts = led_sizes(model, log_probability, 2.0, generator=generator)
    factor = torch.tensor([0, 0, 0, -2.25, 0, -0.25, -2.25], dtype=F64).add(0.25).exp()
    torch.testing.assert_close(counts, factor * model.sizes)
    assert [tuple(state.adj.shape) for state in states] == [(DRAWS, n, n) for n in (3, 5, 6)]
    prior = model.process.prior(states[0], generator=torch.Generator().manual_seed(0))
    assert torch.equal(states[0].adj, prior.adj) and prior.adj.std() > 0.5  # states of noise
    far = led_sizes(model, lambda x_t, t: 1e6 * x_t.mask.sum(1).double(), 1.0, generator=generator)
    assert ((far > 0) == (model.sizes > 0)).all() and far[6] == 8
