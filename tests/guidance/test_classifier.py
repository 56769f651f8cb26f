"""Guidance by gradients against Gaussians: with the exact classifier the mean is that of the exact conditional law."""

import pytest
import torch
from torch import Tensor

from sciml.denoisers.counting import Counting
from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.guidance.classifier import ClassifierGuided
from sciml.guidance.look_ahead import LookAhead
from sciml.numerics.graph_state import GraphState, pair_mask, symmetrised
from sciml.processes.catalog import PROCESSES
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.graph import GraphProcess
from sciml.processes.ve import VE
from sciml.processes.vp import VPLinear
from sciml.solvers.ddpm import DDPM
from sciml.solvers.grids import karras_grid
from sciml.solvers.integrate import integrate

F64 = torch.float64
MEAN, Y, SPREAD = torch.tensor([0.5, -1.0, 0.2], dtype=F64), torch.tensor([1.0, -0.3], dtype=F64), 0.3
ROOT = torch.tensor([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [-0.3, 0.5, 0.4]], dtype=F64)
COVARIANCE, A = ROOT @ ROOT.T, torch.tensor([[1.0, 0.5, 0.0], [0.0, -1.0, 2.0]], dtype=F64)
TIMES = torch.tensor([0.02, 0.3, 0.6, 0.95], dtype=F64)


class Linear:
    """The data N(MEAN, COVARIANCE), seen by y = A x_0 + SPREAD n, and all that follows of it."""

    def __init__(self, process: GaussianProcess) -> None:
        self.denoiser = GaussianDenoiser(process, MEAN, COVARIANCE)
        gain = COVARIANCE @ A.T @ torch.linalg.inv(A @ COVARIANCE @ A.T + SPREAD**2 * torch.eye(2, dtype=F64))
        covariance = COVARIANCE - gain @ A @ COVARIANCE
        conditional = MEAN + gain @ (Y - A @ MEAN)
        self.exact = GaussianDenoiser(process, conditional, (covariance + covariance.T) / 2)

    def _left(self, t: Tensor) -> Tensor:
        """Covariance of y given x_t, of one time each."""
        process, eye = self.denoiser.process, torch.eye(3, dtype=F64)
        ratio = (process.alpha(t) / process.sigma(t)) ** 2
        posterior = torch.linalg.inv(torch.linalg.inv(COVARIANCE) + ratio[:, None, None] * eye)
        return A @ posterior @ A.T + SPREAD**2 * torch.eye(2, dtype=F64)

    def of_clean(self, x_0: Tensor, t: Tensor) -> Tensor:
        """log p(y | x_t) up to a constant, by E[x_0 | x_t]."""
        off = Y - x_0 @ A.T
        return -0.5 * (off[:, None] @ torch.linalg.solve(self._left(t), off[..., None]))[:, 0, 0]

    def of_noisy(self, x_t: Tensor, t: Tensor) -> Tensor:
        """log p(y | x_t) up to a constant."""
        return self.of_clean(self.denoiser(x_t, t).mean, t)


def states() -> Tensor:
    return torch.randn(4, 3, dtype=F64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_the_exact_classifier_gives_the_exact_conditional_mean(name):
    """E[x_0 | x_t, y] of a linear observation of Gaussian data, either way, where nobody asks for gradients."""
    linear, x_t = Linear(PROCESSES[name]()), states()
    with torch.no_grad():
        exact = linear.exact(x_t, TIMES).mean
        for guided in (ClassifierGuided(linear.denoiser, linear.of_noisy), LookAhead(linear.denoiser, linear.of_clean)):
            found = guided(x_t, TIMES).mean
            torch.testing.assert_close(found, exact, rtol=0, atol=1e-9)
            assert not found.requires_grad and not x_t.requires_grad


@pytest.mark.parametrize("w", [-0.5, 0.0, 2.5])
def test_the_weight_scales_the_push(w):
    linear, x_t = Linear(VPLinear()), states()
    plain, exact = linear.denoiser(x_t, TIMES).mean, linear.exact(x_t, TIMES).mean
    for guided in (ClassifierGuided(linear.denoiser, linear.of_noisy, w), LookAhead(linear.denoiser, linear.of_clean, w)):
        torch.testing.assert_close(guided(x_t, TIMES).mean, plain + w * (exact - plain), rtol=0, atol=1e-9)


def test_guided_samples_have_the_conditional_law():
    linear, generator = Linear(VPLinear()), torch.Generator().manual_seed(0)
    x = VPLinear().prior((4000, 3), generator=generator, dtype=F64)
    guided = ClassifierGuided(linear.denoiser, lambda x_t, t: linear.of_noisy(x_t, t.expand(len(x_t))))
    with torch.no_grad():
        x = integrate(DDPM(), guided, x, karras_grid(VPLinear(), 80), generator=generator)
    mean, covariance = linear.exact.marginal(torch.tensor(1e-3, dtype=F64))
    torch.testing.assert_close(x.mean(0), mean, rtol=0, atol=0.04)
    torch.testing.assert_close(torch.cov(x.T), covariance, rtol=0, atol=0.04)


def test_looking_ahead_stays_in_the_subspace_of_the_data_and_the_naive_gradient_leaves_it():
    """Data in 4 of 32 dimensions and a linear reward: the push has no part across, by the Jacobian of the denoiser."""
    generator = torch.Generator().manual_seed(0)
    basis = torch.linalg.qr(torch.randn(32, 4, dtype=F64, generator=generator))[0]
    across = torch.eye(32, dtype=F64) - basis @ basis.T
    denoiser = GaussianDenoiser(VPLinear(), torch.zeros(32, dtype=F64), basis @ basis.T)
    reward = torch.randn(32, dtype=F64, generator=generator)
    x_t, t = torch.randn(5, 32, dtype=F64, generator=generator), torch.tensor(0.5, dtype=F64)
    plain = denoiser(x_t, t).mean
    ahead = LookAhead(denoiser, lambda x_0, t: x_0 @ reward)(x_t, t).mean - plain
    naive = ClassifierGuided(denoiser, lambda x_t, t: x_t @ reward)(x_t, t).mean - plain
    variance = VPLinear().sigma(t) ** 2  # of the data along the subspace given x_t: 1 - alpha^2
    torch.testing.assert_close(ahead, (variance * basis @ basis.T @ reward).expand(5, 32), rtol=0, atol=1e-12)
    assert (ahead @ across).norm() < 1e-12 * ahead.norm() and (naive @ across).norm() > 0.5 * naive.norm()


class GaussianGraphs(Denoiser):
    """x ~ N(.3, .5) for each number of a node, a_ij ~ N(-.2, .8) for each pair."""

    def forward(self, x_t: GraphState, t: Tensor, cond: object = None) -> Dirac[GraphState]:
        means = []
        for (m, v), part, seen in zip(((0.3, 0.5), (-0.2, 0.8)), self.process.parts.values(), (x_t.x, x_t.adj), strict=True):
            alpha, sigma = part.alpha(t), part.sigma(t)
            means.append(m + alpha * v / (alpha**2 * v + sigma**2) * (seen - alpha * m))
        return Dirac(GraphState(means[0] * x_t.mask[..., None], means[1] * pair_mask(x_t.mask), x_t.mask))


def graphs() -> GraphState:
    generator = torch.Generator().manual_seed(0)
    mask = torch.arange(5) < torch.tensor([[5], [3], [1]])
    x = torch.randn(3, 5, 2, dtype=F64, generator=generator) * mask[..., None]
    return GraphState(x, symmetrised(torch.randn(3, 5, 5, dtype=F64, generator=generator)) * pair_mask(mask), mask)


READINGS = {"both halves": lambda a: a.sum((1, 2)) / 2, "upper half": lambda a: a.triu(1).sum((1, 2))}


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("way", [ClassifierGuided, LookAhead])
def test_a_graph_given_its_number_of_edges_and_sum_of_features(way, reading):
    """y = sum over pairs + sum over nodes + noise, however a classifier reads the pairs: the exact mean of each.

    With independent numbers u_k given x_t, of variances c_k, E[u_k | x_t, y] = m_k + c_k (y - sum m) / (s^2 + sum c).
    """
    process = GraphProcess(VPLinear(), VE(0.1, 2.0))
    denoiser, state, t, y = GaussianGraphs(process), graphs(), torch.tensor(0.4, dtype=F64), 2.0
    left = [
        v * p.sigma(t) ** 2 / (p.alpha(t) ** 2 * v + p.sigma(t) ** 2)
        for v, p in zip((0.5, 0.8), process.parts.values(), strict=True)
    ]
    n = state.mask.sum(1)
    total = SPREAD**2 + left[0] * 2 * n + left[1] * n * (n - 1) / 2

    def of_clean(x_0: GraphState, t: Tensor) -> Tensor:
        return -((y - x_0.x.sum((1, 2)) - READINGS[reading](x_0.adj)) ** 2) / (2 * total)

    of_noisy = {ClassifierGuided: lambda x_t, t: of_clean(denoiser(x_t, t).mean, t), LookAhead: of_clean}[way]
    plain = denoiser(state, t).mean
    with torch.no_grad():
        found = way(denoiser, of_noisy)(state, t).mean
    off = ((y - plain.x.sum((1, 2)) - plain.adj.sum((1, 2)) / 2) / total)[:, None, None]
    torch.testing.assert_close(found.x, (plain.x + left[0] * off) * state.mask[..., None], rtol=0, atol=1e-12)
    torch.testing.assert_close(found.adj, (plain.adj + left[1] * off) * pair_mask(state.mask), rtol=0, atol=1e-12)
    assert torch.equal(found.adj, found.adj.transpose(1, 2)) and (found.adj[~pair_mask(state.mask)] == 0).all()
    assert (found.x[~state.mask] == 0).all()


def test_a_classifier_of_one_part_leaves_the_other_alone():
    denoiser, state, t = GaussianGraphs(GraphProcess(VPLinear(), VE(0.1, 2.0))), graphs(), torch.tensor(0.4, dtype=F64)
    found, plain = ClassifierGuided(denoiser, lambda x_t, t: x_t.adj.sum((1, 2)))(state, t).mean, denoiser(state, t).mean
    assert torch.equal(found.x, plain.x) and (found.adj != plain.adj)[pair_mask(state.mask)].all()


@pytest.mark.parametrize("way", [ClassifierGuided, LookAhead])
def test_one_can_differentiate_through_guidance(way):
    """In gradient mode, for fine-tuning: against finite differences, by the state; a weight of 0 asks no classifier."""
    linear, t = Linear(VPLinear()), TIMES[:2]
    function = {ClassifierGuided: linear.of_noisy, LookAhead: linear.of_clean}[way]
    guided = way(linear.denoiser, lambda x, t: function(x, t) ** 2)
    assert torch.autograd.gradcheck(lambda x: guided(x, t).mean, states()[:2].requires_grad_())
    counting = Counting(linear.denoiser)
    way(counting, lambda x, t: pytest.fail("asked"), 0.0)(states(), TIMES)
    way(counting, function)(states(), TIMES)
    assert counting.nfe == 2


@pytest.mark.parametrize("way", [ClassifierGuided, LookAhead])
def test_bad_arguments_are_named(way):
    denoiser = Linear(VPLinear()).denoiser
    with pytest.raises(ValueError, match="`weight` must be finite, got nan"):
        way(denoiser, lambda x, t: x.sum(1), float("nan"))
    with pytest.raises(ValueError, match=r"`log_probability` must return one number for each of 4 samples, got \(\)"):
        way(denoiser, lambda x, t: x.sum())(states(), TIMES)
