"""Denoisers of graphs: what the networks are asked, Bayes' rule for categories, symmetries, and single precision."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.graph import CategoricalGraphDenoiser, Categories, GraphNetworkDenoiser, GraphScoreDenoiser
from sciml.nets.gdss import ScoreNetworkA, ScoreNetworkX
from sciml.nets.graph_transformer import GraphTransformer
from sciml.numerics.graph_state import GraphState, pair_mask, symmetrised
from sciml.processes.graph import GraphProcess
from sciml.processes.parameterisation import Parameterisation, compose
from sciml.processes.sub_vp import SubVP
from sciml.processes.ve import VE
from sciml.processes.vp import VPLinear

F64 = torch.float64
PROCESS = GraphProcess(VPLinear(0.1, 5.0), VE(0.1, 2.0))
NODE_CODES = torch.tensor([[1.0, -0.2], [0.0, 0.9], [-1.3, 0.4]], dtype=F64)
PAIR_CODES = torch.tensor([-0.4, 1.1, 2.6], dtype=F64)
T = torch.tensor([0.05, 0.4, 0.9], dtype=F64)


def graphs(nodes: int = 6) -> GraphState:
    generator = torch.Generator().manual_seed(0)
    mask = torch.arange(nodes) < torch.tensor([[6], [4], [1]])
    x = torch.randn(3, nodes, 2, dtype=F64, generator=generator) * mask[..., None]
    return GraphState(x, symmetrised(torch.randn(3, nodes, nodes, dtype=F64, generator=generator)) * pair_mask(mask), mask)


def categories(codes: Tensor, shares: Tensor | None = None) -> Categories:
    made = Categories(codes.reshape(len(codes), -1)).to(codes.dtype)
    if shares is not None:
        made.shares = shares
    return made


class Constant(nn.Module):
    """Says the same of every node and of every pair, and remembers what it was called with."""

    def __init__(self, node: Tensor, pair: Tensor) -> None:
        super().__init__()
        self.node, self.pair = node, pair

    def forward(self, x, adj, mask, t, cond=None):
        self.seen = x, adj, mask, t, cond
        shape = *mask.shape, mask.shape[1]
        return self.node.to(x).expand(*mask.shape, -1), self.pair.to(x).expand(*shape, -1)


class Lopsided(nn.Module):
    """Whatever: not symmetric, not masked."""

    def forward(self, x, adj, mask, t, cond=None):
        return x + 1, torch.arange(adj.numel(), dtype=adj.dtype).reshape(*adj.shape, 1).sin()


def gaussian_log_density(x: Tensor, mean: Tensor, sigma: float) -> Tensor:
    return (-((x - mean) ** 2) / (2 * sigma**2) - math.log(sigma) - 0.5 * math.log(2 * math.pi)).sum(-1)


@pytest.mark.parametrize("said", [0.0, 1.0])
def test_categories_by_bayes_rule_one_by_one(said):
    """Independent categories: shares that are their prior and a network that says 0 make the exact posterior mean, and so
    do shares that are equal and a network that says the log prior.
    """
    node_prior, pair_prior = torch.tensor([0.2, 0.5, 0.3], dtype=F64), torch.tensor([0.7, 0.2, 0.1], dtype=F64)
    net, state = Constant(said * node_prior.log(), said * pair_prior.log()), graphs()
    nodes = categories(NODE_CODES, None if said else node_prior)
    pairs = categories(PAIR_CODES, None if said else pair_prior)
    found = CategoricalGraphDenoiser(net, PROCESS, nodes, pairs)(state, T, "asked").mean
    for g, t in enumerate(T):
        alpha, sigma = (math.exp(-(0.1 * t + 2.45 * t**2) / 2), 0.1 * 20 ** t.item())
        for i in range(int(state.mask[g].sum())):
            noise = math.sqrt(1 - alpha**2)
            weights = node_prior * gaussian_log_density(state.x[g, i], alpha * NODE_CODES, noise).exp()
            torch.testing.assert_close(found.x[g, i], weights @ NODE_CODES / weights.sum())
            for j in range(i):
                weights = pair_prior * gaussian_log_density(state.adj[g, i, j].view(1), PAIR_CODES[:, None], sigma).exp()
                torch.testing.assert_close(found.adj[g, i, j], weights @ PAIR_CODES / weights.sum())
    assert torch.equal(found.adj, found.adj.transpose(1, 2)) and (found.adj[~pair_mask(state.mask)] == 0).all()
    assert (found.x[~state.mask] == 0).all() and found.mask is state.mask and net.seen[-1] == "asked"


def test_the_network_sees_states_of_unit_scale_and_what_they_say_of_each_category():
    net, state = Constant(torch.zeros(3, dtype=F64), torch.zeros(3, dtype=F64)), graphs()
    nodes, pairs = categories(NODE_CODES, torch.tensor([0.2, 0.5, 0.3], dtype=F64)), categories(PAIR_CODES)
    denoiser = CategoricalGraphDenoiser(net, PROCESS, nodes, pairs)
    found = denoiser(state, T).mean
    x, adj, mask, t, _ = net.seen
    assert mask is state.mask and torch.equal(t, T)
    torch.testing.assert_close(x[..., :2], state.x)
    torch.testing.assert_close(adj[..., 0], state.adj / (1 + (0.1 * 20 ** T[:, None, None]) ** 2).sqrt())
    for seen in (x[..., 2:], adj[..., 1:]):  # probabilities; as the network adds nothing, their mean is the answer
        torch.testing.assert_close(seen.sum(-1), torch.ones_like(seen[..., 0]))
    torch.testing.assert_close(x[..., 2:] @ NODE_CODES * mask[..., None], found.x)
    torch.testing.assert_close(adj[..., 1:] @ PAIR_CODES * pair_mask(mask), found.adj)


def test_codes_of_categories():
    denoiser = CategoricalGraphDenoiser(
        Constant(NODE_CODES[0], PAIR_CODES), PROCESS, categories(NODE_CODES), categories(PAIR_CODES)
    )
    mask = torch.tensor([[True, True, False]])
    nodes, pairs = torch.tensor([[2, 0, 0]]), torch.tensor([[[0, 1, 0], [1, 0, 0], [0, 0, 0]]])
    state = denoiser.coded(nodes, pairs, mask)
    assert torch.equal(state.x, torch.stack([NODE_CODES[2], NODE_CODES[0], torch.zeros(2, dtype=F64)])[None])
    adj = torch.zeros(1, 3, 3, dtype=F64)
    adj[0, 0, 1] = adj[0, 1, 0] = 1.1
    assert torch.equal(state.adj, adj)


@pytest.mark.parametrize("place", [0.0, 0.5])
def test_single_precision_holds_near_the_data(place):
    """At t = 1e-3 exponents reach thousands; halfway between two codes (`place`) the answer hangs on their difference."""
    process = GraphProcess(VPLinear(), VPLinear())
    t = torch.tensor(1e-3, dtype=F64)
    denoiser = CategoricalGraphDenoiser(
        Constant(torch.zeros(3, dtype=F64), torch.zeros(3, dtype=F64)),
        process,
        categories(NODE_CODES),
        categories(PAIR_CODES),
    )
    like, noise = graphs(), 1e-2 * torch.randn(3, 6, 6, dtype=F64, generator=torch.Generator().manual_seed(0))
    x = (1 - place) * NODE_CODES[0] + place * NODE_CODES[1] + 1e-3 * noise[..., :2]
    adj = (1 - place) * PAIR_CODES[1] + place * PAIR_CODES[2] + 1e-3 * symmetrised(noise)
    exact = replace(like, x=x * like.mask[..., None], adj=adj * pair_mask(like.mask))
    single = replace(exact, x=exact.x.float(), adj=exact.adj.float())
    exact = replace(exact, x=single.x.double(), adj=single.adj.double())  # what was rounded off is no fault of the denoiser
    found, wanted = denoiser(single, t).mean, denoiser(exact, t).mean
    torch.testing.assert_close(found.x.double(), wanted.x, rtol=0, atol=2e-3 if place else 1e-6)
    torch.testing.assert_close(found.adj.double(), wanted.adj, rtol=0, atol=2e-3 if place else 1e-6)
    assert found.x.dtype == torch.float32 and torch.isfinite(found.adj).all()


def make(name: str, trained_like) -> Denoiser:
    if name == "score":
        nets = ScoreNetworkX(2, 2, 8), ScoreNetworkA(2, 2, 8, 4, (2, 3, 2), 2, 2)
        return GraphScoreDenoiser(*(trained_like(net) for net in nets), PROCESS).double()
    if name == "network":
        net = trained_like(GraphTransformer(2, 1, 2, 1, 16, 8, 2, 2))
        return GraphNetworkDenoiser(net, PROCESS, Parameterisation.V).double()
    net = trained_like(GraphTransformer(5, 4, 3, 3, 16, 8, 2, 2))
    return CategoricalGraphDenoiser(net, PROCESS, categories(NODE_CODES), categories(PAIR_CODES)).double()


@pytest.fixture
def trained_like():
    """Gives a network weights without the zeros it starts with."""

    def fill(net: nn.Module) -> nn.Module:
        torch.manual_seed(1)
        for parameter in net.parameters():
            nn.init.normal_(parameter, std=0.1)
        return net.eval()

    return fill


@pytest.mark.parametrize("name", ["score", "network", "categorical"])
def test_equivariant_and_blind_to_batch_mates_and_padding(name, trained_like):
    denoiser, state = make(name, trained_like), graphs()
    order = torch.randperm(6, generator=torch.Generator().manual_seed(1))
    found = denoiser(state, T).mean
    moved = GraphState(state.x[:, order], state.adj[:, order][:, :, order], state.mask[:, order])
    there = denoiser(moved, T).mean
    torch.testing.assert_close(there.x, found.x[:, order], rtol=0, atol=1e-10)
    torch.testing.assert_close(there.adj, found.adj[:, order][:, :, order], rtol=0, atol=1e-10)
    alone = denoiser(GraphState(state.x[1:2, :4], state.adj[1:2, :4, :4], state.mask[1:2, :4]), T[1]).mean
    torch.testing.assert_close(alone.x[0], found.x[1, :4], rtol=0, atol=1e-10)
    torch.testing.assert_close(alone.adj[0], found.adj[1, :4, :4], rtol=0, atol=1e-10)
    assert torch.equal(found.adj, found.adj.transpose(1, 2)) and (found.adj[~pair_mask(state.mask)] == 0).all()
    assert (found.x[~state.mask] == 0).all()


def test_published_scores_are_divided_by_sigma_only_where_the_process_contracts(trained_like):
    """And x_0 is Tweedie's, (x + sigma^2 score) / alpha."""
    denoiser, state = make("score", trained_like), graphs()
    scores, mean = denoiser.scores(state, T), denoiser(state, T).mean
    t = T[:, None, None]
    alpha, sigma_adj = torch.exp(-(0.1 * t + 2.45 * t**2) / 2), 0.1 * 20**t
    sigma_x = (1 - alpha**2).sqrt()
    said_x, said_adj = (net(state.x, state.adj, state.mask) for net in (denoiser.net_x, denoiser.net_adj))
    torch.testing.assert_close(scores.x, -said_x / sigma_x)
    torch.testing.assert_close(scores.adj, said_adj)
    torch.testing.assert_close(mean.x, (state.x - sigma_x * said_x) / alpha)
    torch.testing.assert_close(mean.adj, state.adj + sigma_adj**2 * said_adj)


def test_published_scores_have_the_sigma_of_the_dtype_of_the_state(trained_like):
    """Near the data, where 1 - exp(-B) cancels: in single precision sigma is as rounded as the original, not exact."""
    denoiser, state = make("score", trained_like), graphs()
    denoiser.process = GraphProcess(VPLinear(0.1, 5.0), SubVP(0.1, 5.0))
    said_x, said_adj = (net(state.x, state.adj, state.mask) for net in (denoiser.net_x, denoiser.net_adj))
    t = torch.tensor(1e-3, dtype=F64)
    variance = -torch.expm1(-(0.1 * t + 2.45 * t**2))
    exact = denoiser.scores(state, t)
    torch.testing.assert_close(exact.x, -said_x / variance.sqrt(), rtol=1e-11, atol=0)
    torch.testing.assert_close(exact.adj, -said_adj / variance, rtol=1e-11, atol=0)
    rounded = 1 - torch.exp(-(0.1 * t + 2.45 * t**2)).float()
    assert abs(rounded / variance - 1) > 1e-5
    single = replace(state, x=state.x.float(), adj=state.adj.float())
    found = denoiser.float().scores(single, t)
    said_x, said_adj = (net(single.x, single.adj, state.mask) for net in (denoiser.net_x, denoiser.net_adj))
    assert torch.equal(found.x, -said_x / rounded.sqrt()) and torch.equal(found.adj, -said_adj / rounded)


@pytest.mark.parametrize("name", ["x0", "eps", "v"])
def test_a_perfect_network_gives_the_data_back(name, generator):
    """In each parameterisation; the network sees states of unit scale, one time a graph, and the condition."""
    x_0, parameterisation = graphs(), Parameterisation(name)
    eps = PROCESS.noise(x_0, generator=generator)
    x_t = PROCESS.interpolate(x_0, eps, T)
    perfect = PROCESS.map(lambda part, data, z: compose(part, parameterisation, data, z, T), x_0, eps)

    class Perfect(nn.Module):
        def forward(self, x, adj, mask, t, cond=None):
            self.seen = x, adj, mask, t, cond
            return perfect.x, perfect.adj[..., None]

    denoiser = GraphNetworkDenoiser(Perfect(), PROCESS, parameterisation)
    mean = denoiser(x_t, T, "asked").mean
    torch.testing.assert_close(mean.x, x_0.x)
    torch.testing.assert_close(mean.adj, x_0.adj)
    x, adj, mask, t, cond = denoiser.net.seen
    torch.testing.assert_close(x, x_t.x)  # a process that preserves variance has unit scale already
    torch.testing.assert_close(adj, x_t.adj / (1 + (0.1 * 20 ** T[:, None, None]) ** 2).sqrt())
    assert mask is x_t.mask and torch.equal(t, T) and cond == "asked"


def test_what_a_network_says_is_made_symmetric_and_masked():
    state = graphs()
    said = GraphNetworkDenoiser(Lopsided(), PROCESS, Parameterisation.X0)(state, torch.tensor(0.3, dtype=F64)).mean
    raw = torch.arange(108, dtype=F64).reshape(3, 6, 6).sin()
    torch.testing.assert_close(said.adj, (raw + raw.transpose(1, 2)) / 2 * pair_mask(state.mask))
    assert torch.equal(said.adj, said.adj.transpose(1, 2)) and (said.x[~state.mask] == 0).all()


def test_the_exact_part_is_exact_under_autocast():
    """Where the network computes in bf16: evidence of thousands of nats must not be rounded, nor the state it ends in."""
    nodes, pairs = categories(NODE_CODES.float()), categories(PAIR_CODES.float())
    denoiser = CategoricalGraphDenoiser(Constant(torch.zeros(3), torch.zeros(3)), PROCESS, nodes, pairs)
    state = graphs()
    state = replace(state, x=state.x.float(), adj=state.adj.float())
    wanted, t = denoiser(state, T).mean, T
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = denoiser(state, t).mean
    assert torch.equal(found.x, wanted.x) and torch.equal(found.adj, wanted.adj)


@pytest.mark.parametrize("name", ["score", "network", "categorical"])
def test_bf16_is_of_the_networks_alone(name, trained_like):
    """Under autocast a denoiser runs, returns the dtype of its state, and stays within the precision of bf16."""
    denoiser, state, t = make(name, trained_like).float(), graphs(), torch.tensor(0.5, dtype=F64)
    state = replace(state, x=state.x.float(), adj=state.adj.float())
    wanted = denoiser(state, t).mean
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = denoiser(state, t).mean
    for part in ("x", "adj"):
        one, other = getattr(found, part), getattr(wanted, part)
        assert one.dtype == torch.float32
        torch.testing.assert_close(one, other, rtol=0, atol=0.02 * other.abs().max().item())
    assert torch.equal(found.adj, found.adj.transpose(1, 2))
