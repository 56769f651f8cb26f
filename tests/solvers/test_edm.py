"""EDM's sampler: Heun's method in sigma / alpha, its order, and the law it keeps while it churns."""

from itertools import pairwise

import pytest
import torch

from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.denoisers.reference import exact_flow
from sciml.solvers.edm import EDM
from sciml.solvers.grids import karras_grid, log_snr_grid
from sciml.solvers.integrate import integrate

F64 = torch.float64


def heun_in_sigma(process, denoiser, x, grid):
    """Algorithm 1 of arXiv 2206.00364 with the data prediction, written in y and s."""
    s, alpha = process.sigma(grid) / process.alpha(grid), process.alpha(grid)
    y = x / alpha[0]
    for i in range(len(grid) - 1):
        d = (y - denoiser(alpha[i] * y, grid[i]).mean) / s[i]
        z = y + (s[i + 1] - s[i]) * d
        if s[i + 1] > 0:
            d_next = (z - denoiser(alpha[i + 1] * z, grid[i + 1]).mean) / s[i + 1]
            z = y + (s[i + 1] - s[i]) * (d + d_next) / 2
        y = z
    return alpha[-1] * y


@pytest.mark.parametrize("t_end", [None, 0.0])
def test_no_churn_is_heun_in_sigma_over_alpha(process, mixture, generator, t_end):
    grid = karras_grid(process, 7, t_end=t_end)
    x = process.prior((5, 2), generator=generator, dtype=F64)
    torch.testing.assert_close(integrate(EDM(), mixture, x, grid), heun_in_sigma(process, mixture, x, grid))


def test_order(process, mixture, generator):
    t, s = torch.tensor([0.5, 0.3], dtype=F64)
    x = process.perturb(mixture.sample(32, generator=generator), t, generator=generator)
    exact, errors = exact_flow(mixture, x, t, s, steps=100), []
    for steps in (64, 128):
        y = integrate(EDM(), mixture, x, log_snr_grid(process, steps, t_start=0.5, t_end=0.3))
        errors.append((y - exact).norm())
    assert torch.log2(errors[0] / errors[1]).item() == pytest.approx(2, abs=0.15)


def final_variance(solver, oracle, grid):
    """The variance reached on 1-D Gaussian data, exactly: a step is x_s = gain x_t + shift + sd z."""
    states = torch.tensor([[0.0], [0.0], [1.0]], dtype=F64)
    z = torch.randn(3, 1, dtype=F64, generator=torch.Generator().manual_seed(0))
    variance = oracle.marginal(grid[0])[1].item()
    for t, s in pairwise(grid):
        y, _ = solver.step(oracle, states, t, s, len(grid) - 1, generator=torch.Generator().manual_seed(0))
        sd = (y[1] - y[0]) / (z[1] - z[0])
        variance = ((y[2] - y[0] - sd * (z[2] - z[0])) ** 2 * variance + sd**2).item()
    return variance


def test_order_in_law_with_churn(process):
    """The noise goes up exactly, so that the law has the order of Heun's method."""
    oracle = GaussianDenoiser(process, torch.tensor([0.7], dtype=F64), torch.tensor([[0.1]], dtype=F64))
    errors = []
    for steps in (100, 200):
        grid = log_snr_grid(process, steps, t_start=0.6, t_end=0.3)
        errors.append(abs(final_variance(EDM(churn=5.0), oracle, grid) - oracle.marginal(grid[-1])[1].item()))
    assert torch.tensor(errors[0] / errors[1]).log2().item() == pytest.approx(2, abs=0.15)


def test_the_law_of_gaussian_data_with_churn(process, gaussian, generator):
    """Churn from t = 1 down: it is capped there, where s_hat would leave the process."""
    x = process.prior((6000, 2), generator=generator, dtype=F64)
    grid = karras_grid(process, 60)
    x = integrate(EDM(churn=30.0), gaussian, x, grid, generator=generator)
    mean, covariance = gaussian.marginal(grid[-1])
    torch.testing.assert_close(x.mean(0), mean, rtol=0, atol=0.06)
    torch.testing.assert_close(torch.cov(x.T), covariance, rtol=0, atol=0.06)


def test_churn_keeps_to_its_window(process, mixture, generator):
    grid = karras_grid(process, 5)
    x = process.prior((5, 2), generator=generator, dtype=F64)
    s = process.sigma(grid) / process.alpha(grid)
    outside = EDM(churn=5.0, churn_from=float(s[0]) * 1.01)
    assert torch.equal(integrate(outside, mixture, x, grid, generator=generator), integrate(EDM(), mixture, x, grid))
    within = EDM(churn=5.0, churn_to=float(s[2]) * 1.01)
    seen = []
    integrate(within, mixture, x, grid, generator=generator, callback=lambda p: seen.append(p.x))
    plain = integrate(EDM(), mixture, x, grid[:3])
    assert torch.equal(seen[1], plain) and not torch.equal(seen[2], integrate(EDM(), mixture, x, grid[:4]))


def test_inflation_scales_the_noise(process, generator):
    """Data at a point: the noise that was added is all there is, and the way down only scales it."""
    point = GaussianDenoiser(process, torch.zeros(1, dtype=F64), torch.zeros(1, 1, dtype=F64))
    t, s = torch.tensor([0.5, 0.4], dtype=F64)
    x = torch.zeros(20000, 1, dtype=F64)
    y = integrate(EDM(churn=0.3, inflation=1.5), point, x, torch.stack([t, s]), generator=generator)
    expected = process.sigma(s) * 1.5 * (1 - 1.3**-2) ** 0.5
    assert y.std().item() == pytest.approx(expected.item(), rel=0.02)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"churn": -1.0}, "`churn` must be finite and at least 0, got -1.0"),
        ({"churn_from": 2.0, "churn_to": 1.0}, r"`churn_from` must lie in \[0, `churn_to` = 1.0\], got 2.0"),
        ({"inflation": 0.0}, "`inflation` must be positive and finite, got 0.0"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        EDM(**arguments)
