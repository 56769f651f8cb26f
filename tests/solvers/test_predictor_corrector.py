"""Langevin corrections: the law they keep, what they mend, and that a sample does not depend on its batch-mates."""

from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.processes.product import ProductProcess
from sciml.processes.ve import VE
from sciml.processes.vp import VPLinear
from sciml.solvers.ddim import ddim
from sciml.solvers.ddpm import DDPM
from sciml.solvers.dpm_solver import dpm_solver, dpm_solver_pp_multistep
from sciml.solvers.euler import Euler
from sciml.solvers.grids import karras_grid, log_snr_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.predictor_corrector import PredictorCorrector, langevin
from sciml.solvers.unipc import unipc

F64 = torch.float64


@pytest.mark.parametrize("snr", [0.1, 0.3])
@pytest.mark.parametrize("t", [0.2, 0.6])
def test_the_stationary_law_of_gaussian_data(process, snr, t):
    """x -> gain x + sd z, read off exactly, keeps the variance sd^2 / (1 - gain^2): as the module says, and near S."""
    t, oracle = (
        torch.tensor(t, dtype=F64),
        GaussianDenoiser(process, torch.zeros(1, dtype=F64), torch.tensor([[0.5]], dtype=F64)),
    )
    x, z = (
        torch.tensor([[0.0], [0.0], [1.0]], dtype=F64),
        torch.randn(3, 1, dtype=F64, generator=torch.Generator().manual_seed(0)),
    )
    y = langevin(oracle, x, t, snr, generator=torch.Generator().manual_seed(0))
    sd = (y[1] - y[0]) / (z[1] - z[0])
    gain = y[2] - y[0] - sd * (z[2] - z[0])
    total, sigma = oracle.marginal(t)[1].item(), process.sigma(t).item()
    kept = (sd**2 / (1 - gain**2)).item()
    assert kept == pytest.approx(total / (1 - (snr * sigma) ** 2 / total), rel=1e-10)
    assert kept == pytest.approx(total, rel=1.1 * snr**2)


def test_many_steps_keep_the_marginal(process, gaussian, generator):
    t = torch.tensor(0.4, dtype=F64)
    mean, covariance = gaussian.marginal(t)
    x = mean + torch.randn(4000, 2, generator=generator, dtype=F64) @ torch.linalg.cholesky(covariance).T
    for _ in range(100):
        x = langevin(gaussian, x, t, 0.1, generator=generator)
    scale = covariance.diagonal().max().item()
    torch.testing.assert_close(x.mean(0), mean, rtol=0, atol=0.06 * scale**0.5)
    torch.testing.assert_close(torch.cov(x.T), covariance, rtol=0, atol=0.06 * scale)


def test_corrections_mend_a_coarse_predictor():
    """Euler's error of the variance in 8 steps, and what five corrections after each step leave of it."""
    process = VPLinear()
    oracle = GaussianDenoiser(process, torch.zeros(1, dtype=F64), torch.tensor([[0.05]], dtype=F64))
    grid = log_snr_grid(process, 8, t_start=0.9, t_end=0.1)
    exact = oracle.marginal(grid[-1])[1].item()
    generator = torch.Generator().manual_seed(0)
    start = oracle.marginal(grid[0])[1].sqrt() * torch.randn(20000, 1, dtype=F64, generator=generator)
    errors = []
    for corrections in (0, 5):
        x = integrate(PredictorCorrector(Euler(), corrections, 0.2), oracle, start, grid, generator=generator)
        errors.append(abs(x.var().item() / exact - 1))
    assert errors[0] > 0.1 and errors[1] < errors[0] / 3


def test_a_sample_does_not_depend_on_its_batch_mates(process, mixture):
    x = process.prior((6, 2), generator=torch.Generator().manual_seed(0), dtype=F64)
    other = torch.cat([x[:1], 1e3 * x[1:]])
    grid = karras_grid(process, 4)
    solver = PredictorCorrector(ddim(), 2)
    a, b = (integrate(solver, mixture, y, grid, generator=torch.Generator().manual_seed(1)) for y in (x, other))
    torch.testing.assert_close(a[0], b[0], rtol=1e-12, atol=1e-12)
    assert not torch.allclose(a[1:], b[1:])


@pytest.mark.parametrize("solver", [ddim(), DDPM(), dpm_solver(3), dpm_solver_pp_multistep(2)])
def test_no_corrections_is_the_solver(process, mixture, solver):
    x = process.prior((5, 2), generator=torch.Generator().manual_seed(0), dtype=F64)
    grid = karras_grid(process, 5, t_end=0.0)
    runs = [
        integrate(s, mixture, x, grid, generator=torch.Generator().manual_seed(1))
        for s in (solver, PredictorCorrector(solver, 0))
    ]
    assert torch.equal(*runs) and PredictorCorrector(solver, 0).order == solver.order
    assert PredictorCorrector(solver, 0).stochastic == solver.stochastic


@pytest.mark.parametrize("t_end", [0.0, None])
def test_calls_are_counted_and_none_is_made_without_noise(process, mixture, t_end):
    x = process.prior((2, 2), generator=torch.Generator().manual_seed(0), dtype=F64)
    grid, seen = karras_grid(process, 3, t_end=t_end), []
    solver = PredictorCorrector(ddim(), 2)
    integrate(solver, mixture, x, grid, generator=torch.Generator(), callback=lambda p: seen.append(p.nfe))
    assert seen == [3, 6, 7 if process.sigma(grid[-1]) == 0 else 9]


@dataclass(frozen=True)
class Pair:
    left: Tensor
    right: Tensor
    mask: Tensor


class Both(Denoiser):
    """Two independent oracles on the two fields."""

    def __init__(self, left: Denoiser, right: Denoiser) -> None:
        super().__init__(ProductProcess({"left": left.process, "right": right.process}))
        self.left, self.right = left, right

    def forward(self, x_t, t, cond=None):
        return Dirac(replace(x_t, left=self.left(x_t.left, t).mean, right=self.right(x_t.right, t).mean))


def test_each_part_of_a_structured_state_is_corrected_by_its_own_noise():
    """One generator serves the fields in turn, so each is what it would be alone with the same draws."""
    zero, one = torch.zeros(1, dtype=F64), torch.ones(1, 1, dtype=F64)
    parts = [GaussianDenoiser(process, zero, one) for process in (VPLinear(), VE())]
    x, t = torch.randn(2, 5, 1, dtype=F64, generator=torch.Generator().manual_seed(0)), torch.tensor(0.3, dtype=F64)
    state = Pair(x[0], x[1], torch.ones(5))
    moved = langevin(Both(*parts), state, t, 0.2, generator=torch.Generator().manual_seed(1))
    generator = torch.Generator().manual_seed(1)
    for part, before, after in zip(parts, x, (moved.left, moved.right), strict=True):
        torch.testing.assert_close(after, langevin(part, before, t, 0.2, generator=generator))
    assert moved.mask is state.mask


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((ddim(), -1), "`corrections` must not be negative, got -1"),
        ((ddim(), 1, 0.7), r"`snr` must lie in \(0, 0.5\], got 0.7"),
        ((unipc(2),), "`solver` must have no corrector of its own"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        PredictorCorrector(*arguments)


def test_a_generator_is_asked_for(mixture, process):
    x = process.prior((2, 2), generator=torch.Generator(), dtype=F64)
    with pytest.raises(ValueError, match="`generator` must be a torch.Generator: PredictorCorrector is stochastic"):
        integrate(PredictorCorrector(ddim()), mixture, x, karras_grid(process, 2))


def test_no_noise_leaves_the_pull_towards_the_data(gaussian):
    """noise_scale 0: x - 2 r^2 (x - alpha x_0), exactly; and half the noise is half the deviation."""
    t, x = torch.tensor(0.4, dtype=F64), torch.tensor([[1.0, -2.0]], dtype=F64)
    pulled = x - 2 * 0.1**2 * (x - gaussian.process.alpha(t) * gaussian(x, t).mean)
    states = [
        langevin(gaussian, x, t, 0.1, noise_scale=scale, generator=torch.Generator().manual_seed(0))
        for scale in (0.0, 0.5, 1.0)
    ]
    torch.testing.assert_close(states[0], pulled)
    torch.testing.assert_close(2 * (states[1] - states[0]), states[2] - states[0])


def test_the_noise_scale_is_checked():
    with pytest.raises(ValueError, match="`noise_scale` must be finite and at least 0, got -1"):
        PredictorCorrector(ddim(), noise_scale=-1.0)
