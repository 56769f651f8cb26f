"""Losses of graphs against sums written out, the values at their minimisers, and that padding adds nothing."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from sciml.denoisers.graph import CategoricalGraphDenoiser, Categories, GraphNetworkDenoiser, GraphScoreDenoiser
from sciml.losses.graph import GraphCategoricalObjective, GraphDenoisingObjective, GraphScoreObjective
from sciml.losses.times import noise_biased_times
from sciml.numerics.graph_state import GraphState, pair_mask, symmetrised
from sciml.processes.graph import GraphProcess
from sciml.processes.parameterisation import Parameterisation
from sciml.processes.ve import VE
from sciml.processes.vp import VPLinear

F64 = torch.float64
PROCESS = GraphProcess(VPLinear(0.1, 5.0), VE(0.1, 2.0))
NODE_CODES = torch.tensor([[1.0, -0.2], [0.0, 0.9], [-1.3, 0.4]], dtype=F64)
PAIR_CODES = torch.tensor([-0.4, 1.1], dtype=F64)


def graphs(sizes: Tensor, nodes: int, x_variance: float = 1.0, adj_variance: float = 1.0) -> GraphState:
    generator = torch.Generator().manual_seed(0)
    mask = torch.arange(nodes) < sizes[:, None]
    shape = (len(sizes), nodes)
    x = x_variance**0.5 * torch.randn(*shape, 2, dtype=F64, generator=generator)
    adj = adj_variance**0.5 * symmetrised(torch.randn(*shape, nodes, dtype=F64, generator=generator))
    return GraphState(x * mask[..., None], adj * pair_mask(mask), mask)


def seed(k: int = 3) -> torch.Generator:
    return torch.Generator().manual_seed(k)


class Linear(nn.Module):
    """Says a multiple of what it sees."""

    def __init__(self, of_x: float, of_adj: float | None = None) -> None:
        super().__init__()
        self.of_x, self.of_adj = of_x, of_adj

    def forward(self, x, adj, mask):
        return self.of_x * (x if self.of_adj is None else adj)


def test_the_published_loss_is_half_the_sum_over_each_graph():
    """Entry by entry, both halves of the adjacency, mean over graphs; t and noise drawn in the order of the objective."""
    x_0 = graphs(torch.tensor([4, 2, 3]), 4)
    denoiser = GraphScoreDenoiser(Linear(0.3), Linear(-0.2, 1.0), PROCESS)
    loss = GraphScoreObjective(denoiser)(seed(), x_0.x, x_0.adj, x_0.mask)
    generator, total = seed(), 0.0
    t = noise_biased_times(1e-5, 1.0)(3, generator)
    eps = PROCESS.noise(x_0, generator=generator)
    for g in range(3):
        alpha, sigma = torch.exp(-(0.1 * t[g] + 2.45 * t[g] ** 2) / 2), 0.1 * 20 ** t[g]
        noise = (1 - alpha**2).sqrt()
        x_t, adj_t = alpha * x_0.x[g] + noise * eps.x[g], x_0.adj[g] + sigma * eps.adj[g]
        total += ((-0.3 * x_t + eps.x[g]) ** 2).sum() + ((sigma * -0.2 * adj_t + eps.adj[g]) ** 2).sum()
    torch.testing.assert_close(loss, total / 6)


def test_the_published_loss_of_no_score_counts_the_numbers():
    """E z^2 = 1: half of n features + n (n - 1) entries, for n nodes."""
    sizes = 2 + torch.arange(4000) % 4
    x_0 = graphs(sizes, 5)
    loss = GraphScoreObjective(GraphScoreDenoiser(Linear(0.0), Linear(0.0, 1.0), PROCESS))(seed(), x_0.x, x_0.adj, x_0.mask)
    expected = (2 * sizes + sizes * (sizes - 1)).double().mean() / 2
    assert loss.item() == pytest.approx(expected.item(), rel=0.02)


class Posterior(nn.Module):
    """The best prediction for Gaussian data of the given variances, off by a factor."""

    def __init__(self, parameterisation: str, factor: float = 1.0) -> None:
        super().__init__()
        self.name, self.factor = parameterisation, factor

    def _best(self, part, variance: float, seen: Tensor, t: Tensor) -> Tensor:
        alpha, sigma = part.alpha(t), part.sigma(t)
        x_t = seen * (alpha**2 + sigma**2).sqrt()
        x_0 = alpha * variance / (alpha**2 * variance + sigma**2) * x_t
        eps = (x_t - alpha * x_0) / sigma
        return self.factor * {"x0": x_0, "eps": eps, "v": alpha * eps - sigma * x_0}[self.name]

    def forward(self, x, adj, mask, t, cond=None):
        t = t[:, None, None]
        return self._best(PROCESS.parts["x"], 0.5, x, t), self._best(PROCESS.parts["adj"], 2.0, adj, t)[..., None]


def least(part, variance: float, name: str) -> float:
    """The mean over t of the variance that is left, by the midpoint rule."""
    t = 1e-3 + (1 - 1e-3) * (torch.arange(20000, dtype=F64) + 0.5) / 20000
    alpha, sigma = part.alpha(t), part.sigma(t)
    left = variance * sigma**2 / (alpha**2 * variance + sigma**2)
    scale = {"x0": 1.0, "eps": alpha / sigma, "v": (alpha**2 + sigma**2) / sigma}[name]
    return (scale**2 * left).mean().item()


@pytest.mark.parametrize("name", ["x0", "eps", "v"])
def test_the_denoising_loss_is_least_at_the_posterior_mean(name):
    """There it is the variance left, of nodes plus w times that of pairs."""
    x_0 = graphs(2 + torch.arange(6000) % 4, 5, 0.5, 2.0)
    losses = [
        GraphDenoisingObjective(GraphNetworkDenoiser(Posterior(name, factor), PROCESS, Parameterisation(name)), 3.0)(
            seed(), x_0.x, x_0.adj, x_0.mask
        ).item()
        for factor in (0.95, 1.0, 1.05)
    ]
    assert losses[1] < losses[0] and losses[1] < losses[2]
    expected = least(PROCESS.parts["x"], 0.5, name) + 3 * least(PROCESS.parts["adj"], 2.0, name)
    assert losses[1] == pytest.approx(expected, rel=0.02)


class Prior(nn.Module):
    """Says log priors, and remembers its condition."""

    def __init__(self, node: Tensor, pair: Tensor) -> None:
        super().__init__()
        self.node, self.pair = node, pair

    def forward(self, x, adj, mask, t, cond=None):
        self.cond = cond
        return self.node.expand(*mask.shape, -1), self.pair.expand(*mask.shape, mask.shape[1], -1)


def categorical() -> CategoricalGraphDenoiser:
    net = Prior(torch.tensor([0.2, 0.5, 0.3], dtype=F64).log(), torch.tensor([0.7, 0.3], dtype=F64).log())
    nodes, pairs = Categories(NODE_CODES).double(), Categories(PAIR_CODES[:, None]).double()
    return CategoricalGraphDenoiser(net, PROCESS, nodes, pairs)


def categories(nodes: int = 5) -> tuple[Tensor, Tensor, Tensor]:
    generator = seed(0)
    mask = torch.arange(nodes) < torch.tensor([[5], [3], [1]])
    pairs = symmetrised(torch.randint(0, 2, (3, nodes, nodes), generator=generator).float()) * pair_mask(mask)
    return torch.randint(0, 3, (3, nodes), generator=generator) * mask, pairs.long(), mask


def test_the_cross_entropy_is_minus_the_log_posterior_of_the_truth():
    nodes, pairs, mask = categories()
    denoiser = categorical()
    loss = GraphCategoricalObjective(denoiser, 3.0)(seed(), nodes, pairs, mask)
    generator = seed()
    t = noise_biased_times(1e-3, 1.0)(3, generator)
    x_t = PROCESS.perturb(denoiser.coded(nodes, pairs, mask), t, generator=generator)
    of_nodes, of_pairs = [], []
    for g in range(3):
        alpha, sigma = torch.exp(-(0.1 * t[g] + 2.45 * t[g] ** 2) / 2), 0.1 * 20 ** t[g]
        for i in range(int(mask[g].sum())):
            squares = ((x_t.x[g, i] - alpha * NODE_CODES) ** 2).sum(-1) / (2 * (1 - alpha**2))
            of_nodes.append(-(denoiser.net.node - squares).log_softmax(-1)[nodes[g, i]])
            for j in range(i + 1, int(mask[g].sum())):
                squares = (x_t.adj[g, i, j] - PAIR_CODES) ** 2 / (2 * sigma**2)
                of_pairs.append(-(denoiser.net.pair - squares).log_softmax(-1)[pairs[g, i, j]])
    torch.testing.assert_close(loss, torch.stack(of_nodes).mean() + 3 * torch.stack(of_pairs).mean())


def test_padding_a_batch_changes_no_loss():
    x_0 = graphs(torch.tensor([4, 2, 3]), 4)
    wide = pad(x_0.x, (0, 0, 0, 3)), pad(x_0.adj, (0, 3, 0, 3)), pad(x_0.mask, (0, 3))
    nodes, pairs, mask = categories()
    wide_categories = pad(nodes, (0, 3)), pad(pairs, (0, 3, 0, 3)), pad(mask, (0, 3))
    objectives = [
        GraphScoreObjective(GraphScoreDenoiser(Linear(0.3), Linear(-0.2, 1.0), PROCESS)),
        GraphDenoisingObjective(GraphNetworkDenoiser(Posterior("x0"), PROCESS, Parameterisation.X0)),
    ]
    for objective in objectives:
        assert torch.equal(objective(seed(), x_0.x, x_0.adj, x_0.mask), objective(seed(), *wide))
    objective = GraphCategoricalObjective(categorical())
    assert torch.equal(objective(seed(), nodes, pairs, mask), objective(seed(), *wide_categories))


@pytest.mark.parametrize("untold", [0.0, 0.25, 1.0])
def test_a_share_of_the_conditions_is_not_told(untold):
    nodes, pairs, mask = (part[:1].expand(4000, *part.shape[1:]) for part in categories())
    cond = torch.tensor([[0.7, 1.0]], dtype=F64).expand(4000, 2)
    denoiser = categorical()
    GraphCategoricalObjective(denoiser, untold=untold)(seed(), nodes, pairs, mask, cond)
    told = denoiser.net.cond[:, 1]
    assert torch.equal(denoiser.net.cond, 1.0 * cond * told[:, None]) and set(told.unique().tolist()) <= {0.0, 1.0}
    assert 1 - told.mean().item() == pytest.approx(untold, abs=0.02)


def test_a_batch_without_any_pair_has_the_loss_of_its_nodes():
    """Graphs of single nodes: the weight of pairs changes nothing, and gradients are finite."""
    nodes, mask = torch.tensor([[0], [2]]), torch.ones(2, 1, dtype=torch.bool)
    x_0 = graphs(torch.tensor([1, 1]), 1)
    network = GraphNetworkDenoiser(Posterior("x0"), PROCESS, Parameterisation.X0)
    cases = [
        (GraphDenoisingObjective, network, (x_0.x, x_0.adj, x_0.mask)),
        (GraphCategoricalObjective, categorical(), (nodes, torch.zeros(2, 1, 1, dtype=torch.long), mask)),
    ]
    for objective, denoiser, batch in cases:
        light, heavy = (objective(denoiser, weight)(seed(), *batch) for weight in (1.0, 100.0))
        assert light > 0 and torch.equal(light, heavy)
