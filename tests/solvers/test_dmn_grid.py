"""DMN: its bound against one written out, and its grid against equal steps on an exact mixture."""

import math

import pytest
import torch
from scipy.integrate import quad

from sciml.denoisers.mixture import MixtureDenoiser
from sciml.denoisers.reference import exact_flow
from sciml.processes.ve import VE
from sciml.processes.vp import VPLinear
from sciml.solvers.dmn_grid import dmn_grid, error_bound
from sciml.solvers.exponential.form import DATA
from sciml.solvers.exponential.plain import exponential
from sciml.solvers.grids import log_snr_grid, uniform_grid
from sciml.solvers.integrate import integrate

F64 = torch.float64


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("power", [1.0, 2.0])
def test_the_bound(order, power):
    """The weight of every output by quadrature of each of its Lagrange polynomials."""
    lambdas = [-3.0, -1.2, 0.1, 0.7, 2.0]
    total = [0.0] * 4
    for n in range(4):
        used = range(max(0, n + 1 - order), n + 1)
        for i in used:

            def integrand(x, i=i, used=used):
                basis = math.prod((x - lambdas[k]) / (lambdas[i] - lambdas[k]) for k in used if k != i)
                return math.exp(x - lambdas[-1]) * basis

            total[i] += quad(integrand, lambdas[n], lambdas[n + 1])[0]
    alphas = [1 / math.sqrt(1 + math.exp(-2 * x)) for x in lambdas]
    expected = sum(abs(w) * (1 - a**2) ** (power / 2) / a for w, a in zip(total, alphas[:-1], strict=True))
    assert error_bound(torch.tensor(lambdas, dtype=F64), order, power).item() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_shape_ends_and_bound(process, steps, order):
    grid = dmn_grid(process, steps, t_start=0.9, t_end=0.02, order=order)
    assert grid.shape == (steps + 1,) and grid.dtype == F64
    assert grid[0] == 0.9 and grid[-1] == 0.02 and (grid.diff() < 0).all()
    bounds = [
        error_bound(process.lambda_(g), order, 2.0) for g in (grid, log_snr_grid(process, steps, t_start=0.9, t_end=0.02))
    ]
    assert bounds[0] <= bounds[1] * (1 + 1e-9)


def test_of_first_order_and_first_power_equal_steps_in_lambda_are_the_best_at_high_noise():
    """There e = exp(-lambda), each step costs exp(h) - 1, and a convex function is least at equal steps."""
    process = VPLinear(beta_min=20.0, beta_max=40.0)
    grid = dmn_grid(process, 4, t_end=0.5, order=1, power=1.0)
    torch.testing.assert_close(grid, log_snr_grid(process, 4, t_end=0.5), rtol=0, atol=1e-5)


def test_the_error_is_below_that_of_equal_steps(process):
    """Those in t, which for VE are those in lambda and nearly the best there are."""
    weights, variances = torch.tensor([[0.4, 0.6], [0.01, 0.02]], dtype=F64)
    narrow = MixtureDenoiser(process, weights, torch.tensor([[1.0, 0.0], [-1.0, 0.5]], dtype=F64), variances)
    x = process.prior((64, 2), generator=torch.Generator().manual_seed(0), dtype=F64)
    grid, equal = dmn_grid(process, 5), uniform_grid(process, 5)
    exact = exact_flow(narrow, x, grid[0], grid[-1], steps=100)
    errors = [(integrate(exponential(DATA, 3), narrow, x, g) - exact).norm() for g in (grid, equal)]
    assert errors[0] < (1.0 if isinstance(process, VE) else 0.5) * errors[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"order": 0}, "`order` must be at least 1, got 0"),
        ({"power": 0.0}, "`power` must be positive and finite, got 0.0"),
        ({"steps": 0}, "`steps` must be at least 1, got 0"),
        ({"t_end": 0.0}, "`t_end` must leave some noise on this grid, got 0.0"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        dmn_grid(VPLinear(), **{"steps": 4, **arguments})
