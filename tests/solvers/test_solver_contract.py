"""What every solver of the catalog owes on every process."""

import dataclasses
from functools import lru_cache, partial
from itertools import pairwise

import pytest
import torch

from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.denoisers.mixture import MixtureDenoiser
from sciml.denoisers.reference import exact_flow
from sciml.solvers.catalog import GRIDS, SOLVERS
from sciml.solvers.ddim import ddim
from sciml.solvers.exponential.integrator import ExponentialIntegrator
from sciml.solvers.integrate import integrate

F64 = torch.float64
CASES = {**SOLVERS, "ddim_half": partial(ddim, eta=0.5), "ddim_one": partial(ddim, eta=1.0)}
DETERMINISTIC = sorted(name for name, make in CASES.items() if not make().stochastic)
STOCHASTIC = sorted(set(CASES) - set(DETERMINISTIC))


def start(oracle, n, generator, t):
    """Draws from the marginal of Gaussian data at time t."""
    mean, covariance = oracle.marginal(torch.tensor(t, dtype=F64))
    return mean + torch.randn(n, len(mean), generator=generator, dtype=F64) @ torch.linalg.cholesky(covariance).T


@lru_cache
def trajectory(process):
    """A mixture, states of it at t = 0.5, and where the flow takes them by t = 0.3."""
    weights, variances = torch.tensor([[0.3, 0.7], [0.3, 0.2]], dtype=F64)
    oracle = MixtureDenoiser(process, weights, torch.tensor([[1.0, 0.0], [-1.0, 0.5]], dtype=F64), variances)
    generator, t = torch.Generator().manual_seed(0), torch.tensor(0.5, dtype=F64)
    x = process.perturb(oracle.sample(32, generator=generator), t, generator=generator)
    return oracle, x, exact_flow(oracle, x, t, torch.tensor(0.3, dtype=F64), steps=100)


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_order(process, name):
    """The error falls as declared: for a multistep method after a start as accurate as itself."""
    oracle, x, exact = trajectory(process)
    solver, errors = CASES[name](), []
    if isinstance(solver, ExponentialIntegrator):
        solver = solver.warmed()
    for steps in (64, 128):
        grid = GRIDS["log_snr"](process, steps, t_start=0.5, t_end=0.3)
        errors.append((integrate(solver, oracle, x, grid) - exact).pow(2).mean().sqrt())
    assert torch.log2(errors[0] / errors[1]).item() == pytest.approx(solver.order, abs=0.15)


def final_variance(solver, oracle, grid):
    """The variance a one-step solver reaches on Gaussian data, exactly: a step is x_s = gain x_t + shift + sd z."""
    states = torch.tensor([[0.0], [0.0], [1.0]], dtype=F64)
    z = torch.randn(3, 1, dtype=F64, generator=torch.Generator().manual_seed(0))
    variance = oracle.marginal(grid[0])[1].item()
    for t, s in pairwise(grid):
        y = integrate(solver, oracle, states, torch.stack([t, s]), generator=torch.Generator().manual_seed(0))
        sd = (y[1] - y[0]) / (z[1] - z[0])
        gain = y[2] - y[0] - sd * (z[2] - z[0])
        variance = (gain**2 * variance + sd**2).item()
    return variance


@pytest.mark.parametrize("name", STOCHASTIC)
def test_order_in_law(process, name):
    """The error of the variance, computed without sampling, falls as the declared order."""
    oracle = GaussianDenoiser(process, torch.tensor([0.7], dtype=F64), torch.tensor([[0.1]], dtype=F64))
    solver = CASES[name]()
    errors = []
    for steps in (100, 200):
        grid = GRIDS["log_snr"](process, steps, t_start=0.6, t_end=0.3)
        errors.append(abs(final_variance(solver, oracle, grid) - oracle.marginal(grid[-1])[1].item()))
    assert torch.tensor(errors[0] / errors[1]).log2().item() == pytest.approx(solver.order, abs=0.15)


@pytest.mark.parametrize("name", sorted(CASES))
def test_gaussian_data_is_recovered(process, gaussian, generator, name):
    """Many steps carry the marginal of t = 0.7 to that of t = 0.1, within bias and sampling error."""
    solver = CASES[name]()
    grid = GRIDS["log_snr"](process, 160 if solver.order == 1 else 60, t_start=0.7, t_end=0.1)
    x = integrate(solver, gaussian, start(gaussian, 4000, generator, 0.7), grid, generator=generator)
    mean, covariance = gaussian.marginal(grid[-1])
    torch.testing.assert_close(x.mean(0), mean, rtol=0, atol=0.06)
    torch.testing.assert_close(torch.cov(x.T), covariance, rtol=0, atol=0.06)


@pytest.mark.parametrize("name", ["ddim", "ddpm"])
def test_the_prior_leads_to_the_data(process, gaussian, generator, name):
    """From pure noise down to t_min: what alpha_1 x_0 leaves out of the prior does not show."""
    grid = GRIDS["karras"](process, 200)
    x = process.prior((6000, 2), generator=generator, dtype=F64)
    x = integrate(CASES[name](), gaussian, x, grid, generator=generator)
    torch.testing.assert_close(x.mean(0), gaussian.marginal(grid[-1])[0], rtol=0, atol=0.06)
    torch.testing.assert_close(torch.cov(x.T), gaussian.marginal(grid[-1])[1], rtol=0, atol=0.06)


@pytest.mark.parametrize("steps", [1, 2, 17])
@pytest.mark.parametrize("grid", sorted(GRIDS))
@pytest.mark.parametrize("name", sorted(CASES))
def test_finite_in_either_precision(process, mixture, name, grid, steps):
    for dtype in (torch.float32, torch.float64):
        generator = torch.Generator().manual_seed(1)
        x = process.prior((3, 2), generator=generator, dtype=dtype)
        y = integrate(CASES[name](), mixture, x, GRIDS[grid](process, steps), generator=generator)
        assert y.dtype == dtype and y.shape == x.shape and torch.isfinite(y).all()


@pytest.mark.parametrize("name", sorted(CASES))
def test_short_steps_in_float32_stay_with_float64(process, mixture, name):
    """The end of the grid with the shortest steps of all, where differences cancel."""
    grid = GRIDS["karras"](process, 1000)[-60:]
    x = process.prior((3, 2), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    x = process.perturb(mixture(x, grid[0]).mean, grid[0], generator=torch.Generator().manual_seed(2))
    if name in DETERMINISTIC:
        single, double = (integrate(CASES[name](), mixture, x.to(dtype), grid) for dtype in (torch.float32, F64))
        torch.testing.assert_close(single.double(), double, rtol=0, atol=2e-4)
    else:
        generator = torch.Generator().manual_seed(3)
        assert torch.isfinite(integrate(CASES[name](), mixture, x.float(), grid, generator=generator)).all()


@pytest.mark.slow
@pytest.mark.parametrize("grid", sorted(GRIDS))
@pytest.mark.parametrize("name", sorted(CASES))
def test_a_thousand_steps_stay_finite(process, mixture, name, grid):
    test_finite_in_either_precision(process, mixture, name, grid, 1000)


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_a_deterministic_solver_leaves_the_generator_alone(process, mixture, generator, name):
    grid = GRIDS["uniform"](process, 3)
    x = process.prior((3, 2), generator=generator)
    before = generator.get_state()
    with_generator = integrate(CASES[name](), mixture, x, grid, generator=generator)
    assert torch.equal(generator.get_state(), before)
    assert torch.equal(with_generator, integrate(CASES[name](), mixture, x, grid))


@pytest.mark.parametrize("name", STOCHASTIC)
def test_a_stochastic_solver_asks_for_a_generator_and_obeys_it(process, mixture, generator, name):
    grid = GRIDS["uniform"](process, 3)
    x = process.prior((3, 2), generator=generator)
    with pytest.raises(ValueError, match="`generator` must be a torch.Generator: .* is stochastic; got None"):
        integrate(CASES[name](), mixture, x, grid)
    first, again, other = (
        integrate(CASES[name](), mixture, x, grid, generator=torch.Generator().manual_seed(seed)) for seed in (4, 4, 5)
    )
    assert torch.equal(first, again) and not torch.equal(first, other)


@pytest.mark.parametrize("name", sorted(CASES))
def test_gradients_flow_through_a_trajectory(process, mixture, generator, name):
    x = process.prior((3, 2), generator=generator, dtype=F64).requires_grad_()
    grid = GRIDS["uniform"](process, 3)
    y = integrate(CASES[name](), mixture, x, grid, generator=generator)
    (gradient,) = torch.autograd.grad(y.sum(), x)
    assert torch.isfinite(gradient).all() and (gradient != 0).any()


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_solver_is_its_fields(name):
    solver = CASES[name]()
    assert dataclasses.replace(solver) == solver
