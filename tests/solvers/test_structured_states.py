"""Every solver on graphs: exact masks and symmetry, the law of Gaussian data, and samples that are each graph's own."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.numerics.graph_state import GraphState, pair_mask
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.graph import GraphProcess
from sciml.processes.ve import VE
from sciml.processes.vp import VPLinear
from sciml.solvers.catalog import SOLVERS
from sciml.solvers.ddim import ddim
from sciml.solvers.ddpm import DDPM
from sciml.solvers.edm import EDM
from sciml.solvers.euler_maruyama import EulerMaruyama
from sciml.solvers.grids import log_snr_grid, uniform_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.predictor_corrector import PredictorCorrector
from sciml.solvers.s4 import S4

F64 = torch.float64
CASES = {
    **SOLVERS,
    "ddim_half": partial(ddim, eta=0.5),
    "ddim_one": partial(ddim, eta=1.0),
    "ddim_corrected": lambda: PredictorCorrector(ddim(), snr=0.05),
    "ddpm_corrected": lambda: PredictorCorrector(DDPM(), snr=0.05),
    "euler_maruyama_corrected": lambda: PredictorCorrector(EulerMaruyama(), snr=0.05),
    "edm_churned": lambda: EDM(churn=20.0),
    "s4_langevin": lambda: S4(snr=0.05),
}
PARTS = {"x": VPLinear(0.1, 5.0), "adj": VE(0.1, 2.0)}
MASK = torch.tensor([[True, True, True, True, True], [True, True, True, False, False], [True, False, False, False, False]])
X_MEAN, X_VARIANCE = torch.tensor([0.7, -0.4], dtype=F64), torch.tensor([0.3, 1.2], dtype=F64)


def masked(x: Tensor, adj: Tensor, mask: Tensor) -> GraphState:
    return GraphState(x * mask[..., None], adj * pair_mask(mask), mask)


class GaussianGraphs(Denoiser):
    """E[x_0 | x_t] of x ~ N(X_MEAN, X_VARIANCE) for each node and a_ij ~ N(-.5, .4) for each pair."""

    def forward(self, x_t: GraphState, t: Tensor, cond: object = None) -> Dirac[GraphState]:
        def mean(part: GaussianProcess, seen: Tensor, m: Tensor, v: Tensor) -> Tensor:
            alpha, sigma = part.alpha(t), part.sigma(t)
            gain = (alpha * v / (alpha**2 * v + sigma**2)).to(seen.dtype)
            return (1 - gain * alpha.to(seen.dtype)) * m.to(seen.dtype) + gain * seen

        x = mean(PARTS["x"], x_t.x, X_MEAN, X_VARIANCE)
        adj = mean(PARTS["adj"], x_t.adj, torch.tensor(-0.5, dtype=F64), torch.tensor(0.4, dtype=F64))
        return Dirac(masked(x, adj, x_t.mask))


class Coupled(Denoiser):
    """Equivariant, and its nodes and pairs depend on each other: no law, but anything mixed up shows."""

    def forward(self, x_t: GraphState, t: Tensor, cond: object = None) -> Dirac[GraphState]:
        h = torch.tanh(x_t.x + x_t.adj @ x_t.x)
        return Dirac(masked(h, torch.tanh(h @ h.transpose(1, 2) + x_t.adj), x_t.mask))


class Served(GraphProcess):
    """Noise as always, but of the graphs as `full` has them; each graph of a state gets what is its own."""

    def __init__(self, full: GraphState, graphs: Tensor, nodes: Tensor) -> None:
        super().__init__(**PARTS)
        self.full, self.graphs, self.nodes = full, graphs, nodes

    def noise(self, like: GraphState, *, generator: torch.Generator) -> GraphState:
        return taken(super().noise(self.full, generator=generator), self.graphs, self.nodes)


def taken(state: GraphState, graphs: Tensor, nodes: Tensor) -> GraphState:
    """Some of the graphs, and of these some of the nodes, in a new order."""
    x, adj, mask = state.x[graphs], state.adj[graphs], state.mask[graphs]
    return GraphState(x[:, nodes], adj[:, nodes][:, :, nodes], mask[:, nodes])


def start(mask: Tensor = MASK, dtype: torch.dtype = F64, seed: int = 0) -> GraphState:
    blank = GraphState(torch.zeros(*mask.shape, 2, dtype=dtype), torch.zeros(*mask.shape, mask.shape[1], dtype=dtype), mask)
    return GraphProcess(**PARTS).prior(blank, generator=torch.Generator().manual_seed(seed))


def sampled(name: str, denoiser: Denoiser, x: GraphState, steps: int = 6) -> GraphState:
    grid = log_snr_grid(PARTS["adj"], steps, t_end=1e-3)
    return integrate(CASES[name](), denoiser, x, grid, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("name", sorted(CASES))
def test_symmetry_and_zeros_are_exact_all_along(name):
    seen = []
    grid = uniform_grid(PARTS["x"], 7)
    integrate(
        CASES[name](),
        Coupled(GraphProcess(**PARTS)),
        start(dtype=torch.float32),
        grid,
        generator=torch.Generator().manual_seed(1),
        callback=lambda progress: seen.append(progress.x),
    )
    assert len(seen) == 7
    for state in seen:
        assert state.mask is seen[0].mask and torch.equal(state.mask, MASK)
        assert torch.equal(state.adj, state.adj.transpose(1, 2))
        assert (state.adj[~pair_mask(MASK)] == 0).all() and (state.x[~MASK] == 0).all()
        assert (state.adj[pair_mask(MASK)] != 0).all() and (state.x[MASK] != 0).all()


@pytest.mark.parametrize("name", sorted(CASES))
def test_gaussian_graphs_are_recovered(name):
    """From t = .8 to .1, in 80 steps, or 20 of a higher order without noise: the mean and variance of the marginal."""
    solver = CASES[name]()
    process, generator, grid = (
        GraphProcess(**PARTS),
        torch.Generator().manual_seed(0),
        log_snr_grid(VPLinear(), 80 if solver.order == 1 or solver.stochastic else 20, t_start=0.8, t_end=0.1),
    )
    mask = torch.ones(2000, 3, dtype=torch.bool)
    blank = masked(torch.zeros(2000, 3, 2, dtype=F64), torch.zeros(2000, 3, 3, dtype=F64), mask)
    z = process.noise(blank, generator=generator)
    x = integrate(solver, GaussianGraphs(process), marginal(z, grid[0]), grid, generator=generator)
    rows, columns = torch.triu_indices(3, 3, 1)
    t = grid[-1]
    for found, m, v, part in (
        (x.x.flatten(0, 1), X_MEAN, X_VARIANCE, PARTS["x"]),
        (
            x.adj[:, rows, columns].reshape(-1, 1),
            torch.tensor([-0.5], dtype=F64),
            torch.tensor([0.4], dtype=F64),
            PARTS["adj"],
        ),
    ):
        alpha, variance = part.alpha(t), part.alpha(t) ** 2 * v + part.sigma(t) ** 2
        torch.testing.assert_close((found.mean(0) - alpha * m) / variance.sqrt(), torch.zeros_like(m), rtol=0, atol=0.05)
        torch.testing.assert_close(found.var(0) / variance, torch.ones_like(v), rtol=0, atol=0.07)


def marginal(z: GraphState, t: Tensor) -> GraphState:
    """x_t of Gaussian graphs, from numbers of unit variance."""
    alphas = [PARTS[name].alpha(t) for name in ("x", "adj")]
    variances = [
        a**2 * v + PARTS[name].sigma(t) ** 2 for a, v, name in zip(alphas, (X_VARIANCE, 0.4), ("x", "adj"), strict=True)
    ]
    return masked(alphas[0] * X_MEAN + variances[0].sqrt() * z.x, -0.5 * alphas[1] + variances[1].sqrt() * z.adj, z.mask)


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_law_is_invariant_under_permutations(name):
    """Start and noise permuted, the end is permuted; as the noise's law is invariant, so is that of the samples."""
    x, all_graphs = start(), torch.arange(3)
    order = torch.randperm(5, generator=torch.Generator().manual_seed(2))
    plain = sampled(name, Coupled(Served(x, all_graphs, torch.arange(5))), x)
    moved = sampled(name, Coupled(Served(x, all_graphs, order)), taken(x, all_graphs, order))
    wanted = taken(plain, all_graphs, order)
    torch.testing.assert_close(moved.x, wanted.x, rtol=0, atol=1e-9)
    torch.testing.assert_close(moved.adj, wanted.adj, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_sample_depends_neither_on_its_batch_mates_nor_on_padding(name):
    """Given the same noise: alone, without padding, and beside graphs a hundred times as large."""
    x, nodes = start(dtype=torch.float32), torch.arange(3)
    together = sampled(name, Coupled(Served(x, torch.arange(3), torch.arange(5))), x)
    one = torch.tensor([1])
    alone = sampled(name, Coupled(Served(x, one, nodes)), taken(x, one, nodes))
    large = torch.tensor([100.0, 1.0, 100.0])[:, None, None]
    crowd = sampled(name, Coupled(Served(x, torch.arange(3), torch.arange(5))), replace(x, x=large * x.x, adj=large * x.adj))
    for found in (taken(together, one, nodes), taken(crowd, one, nodes)):
        torch.testing.assert_close(found.x, alone.x, rtol=0, atol=1e-5)
        torch.testing.assert_close(found.adj, alone.adj, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", sorted(CASES))
def test_each_part_moves_by_its_own_process(name):
    """Gaussian graphs' parts do not depend on each other: nodes with another adjacency end where they ended."""
    process = GraphProcess(**PARTS)
    x, other = start(), start(seed=9)
    found = sampled(name, GaussianGraphs(process), x)
    torch.testing.assert_close(
        sampled(name, GaussianGraphs(process), replace(x, adj=other.adj)).x, found.x, rtol=0, atol=1e-12
    )
    torch.testing.assert_close(
        sampled(name, GaussianGraphs(process), replace(x, x=other.x)).adj, found.adj, rtol=0, atol=1e-12
    )
