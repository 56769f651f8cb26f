"""DPM-Solver-v3: known tables give known solvers, and measured tables give exact answers where the data are Gaussian."""

import pytest
import torch

from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.denoisers.mixture import MixtureDenoiser
from sciml.denoisers.reference import exact_flow
from sciml.denoisers.statistics import DataStatistics, principal_statistics
from sciml.numerics.modes import Modes
from sciml.processes.vp import VPLinear
from sciml.solvers.dpm_solver_v3 import ModelStatistics, _Moments, dpm_solver_v3, model_statistics
from sciml.solvers.exponential.empirical import EmpiricalForm
from sciml.solvers.exponential.form import DATA, NOISE
from sciml.solvers.exponential.plain import exponential
from sciml.solvers.grids import log_snr_grid
from sciml.solvers.integrate import integrate

F64 = torch.float64
LAMBDAS = torch.linspace(-6, 6, 40, dtype=F64)
IDENTITY = DataStatistics(torch.zeros(2, dtype=F64), torch.ones(2, dtype=F64), Modes((2,), (None,)))


def constant_form(l, s, b=0.0):  # noqa: E741 (the paper's name)
    tables = (torch.full((40, 2), value, dtype=F64) for value in (l, s, b))
    return ModelStatistics(EmpiricalForm(LAMBDAS, *tables), IDENTITY)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize(("tables", "form"), [((1.0, 0.0), DATA), ((0.0, -1.0), NOISE)])
def test_constant_tables_are_the_forms_of_data_and_noise(process, mixture, generator, tables, form, order):
    x, grid = process.prior((5, 2), generator=generator, dtype=F64), log_snr_grid(process, 7)
    ours = integrate(dpm_solver_v3(constant_form(*tables), order), mixture, x, grid)
    torch.testing.assert_close(
        ours, integrate(exponential(form, order, corrector=order), mixture, x, grid), rtol=1e-8, atol=1e-8
    )


def oracle():
    weights, variances = torch.tensor([[0.3, 0.7], [0.3, 0.2]], dtype=F64)
    return MixtureDenoiser(VPLinear(), weights, torch.tensor([[1.0, 0.0], [-1.0, 0.5]], dtype=F64), variances)


def measured(denoiser, n=512):
    generator = torch.Generator().manual_seed(2)
    data = denoiser.sample(n, generator=generator)
    return model_statistics(denoiser, data, principal_statistics(data), generator=generator)


def test_gaussian_data_are_exact_in_one_step():
    covariance = torch.tensor([[1.0, 0.6], [0.6, 0.5]], dtype=F64)
    mean = torch.tensor([0.5, -1.0], dtype=F64)
    denoiser = GaussianDenoiser(VPLinear(), mean, covariance)
    variances, basis = torch.linalg.eigh(covariance)
    data = DataStatistics(mean, variances, Modes((2,), (basis,)))
    generator = torch.Generator().manual_seed(2)
    x_0 = mean + torch.randn(8, 2, generator=generator, dtype=F64) @ torch.linalg.cholesky(covariance).T
    statistics = model_statistics(denoiser, x_0, data, generator=generator)
    x, grid = torch.randn(5, 2, generator=generator, dtype=F64), log_snr_grid(VPLinear(), 1)
    y = integrate(dpm_solver_v3(statistics), denoiser, x, grid)
    torch.testing.assert_close(y, exact_flow(denoiser, x, grid[0], grid[-1], steps=400), rtol=0, atol=2e-5)


def test_the_gain_is_the_mean_slope_of_the_denoiser():
    denoiser, lambda_ = oracle(), torch.tensor(0.5, dtype=F64)
    statistics = measured(denoiser, 4096)
    process, generator = denoiser.process, torch.Generator().manual_seed(5)
    t = process.t_of_lambda(lambda_)
    x = process.perturb(denoiser.sample(4096, generator=generator), t, generator=generator)
    basis = statistics.data.modes.bases[0]
    slopes = [
        process.alpha(t) * torch.autograd.functional.jvp(lambda y: denoiser(y, t).mean, x, u.expand_as(x))[1] @ u
        for u in basis.T
    ]
    torch.testing.assert_close(
        statistics.form.gain(lambda_), torch.stack([slope.mean() for slope in slopes]), rtol=0, atol=0.03
    )


@pytest.mark.parametrize("order", [1, 3])
def test_order(order):
    denoiser, generator = oracle(), torch.Generator().manual_seed(0)
    solver, t = dpm_solver_v3(measured(denoiser), order).warmed(), torch.tensor(0.5, dtype=F64)
    x = denoiser.process.perturb(denoiser.sample(32, generator=generator), t, generator=generator)
    exact = exact_flow(denoiser, x, t, torch.tensor(0.3, dtype=F64), steps=100)
    errors = [
        (integrate(solver, denoiser, x, log_snr_grid(VPLinear(), n, t_start=0.5, t_end=0.3)) - exact).norm()
        for n in (128, 256)
    ]
    assert torch.log2(errors[0] / errors[1]).item() == pytest.approx(solver.order, abs=0.15)


def test_beyond_the_tables_it_is_still_consistent():
    """Tables that end at t = .1 serve a grid to t_min: more steps, less error."""
    denoiser, generator = oracle(), torch.Generator().manual_seed(0)
    data = denoiser.sample(64, generator=generator)
    solver = dpm_solver_v3(
        model_statistics(denoiser, data, principal_statistics(data), generator=generator, points=16, t_end=0.1), 2
    )
    x, ends = VPLinear().prior((8, 2), generator=generator, dtype=F64), torch.tensor([1.0, VPLinear().t_min], dtype=F64)
    exact = exact_flow(denoiser, x, *ends, steps=200)
    errors = [float((integrate(solver, denoiser, x, log_snr_grid(VPLinear(), n)) - exact).norm()) for n in (20, 80)]
    assert errors[1] < 0.1 * errors[0]


def test_growth_is_the_regression_of_the_slope_on_the_rest():
    """dr/dlambda = 2 r + 3 exactly, of a rest whose mean is not zero."""
    r = torch.tensor([1.0, 2.0, 4.0], dtype=F64)
    dr, zero = 2 * r + 3, torch.zeros(3, dtype=F64)
    moments = _Moments(*(part.mean(0, keepdim=True) for part in (zero, r, r * r, zero, 1 + zero, zero, dr, r * dr)))
    s, b = moments.growth(torch.zeros(1, dtype=F64))
    torch.testing.assert_close(torch.cat([s, b]), torch.tensor([2.0, 3.0], dtype=F64))


def test_few_points_are_refused():
    with pytest.raises(ValueError, match="`points` must be at least 4 and `x_0` hold 2 samples, got 3 and 8"):
        data = oracle().sample(8, generator=torch.Generator())
        model_statistics(oracle(), data, principal_statistics(data), generator=torch.Generator(), points=3)
