"""Grids are equally spaced in the variable they name."""

import pytest
import torch

from sciml.solvers.catalog import GRIDS
from sciml.solvers.grids import karras_grid, log_snr_grid, quadratic_grid, sinh_grid, uniform_grid


@pytest.mark.parametrize("steps", [1, 2, 10, 1000])
@pytest.mark.parametrize("name", sorted(GRIDS))
def test_shape_ends_and_descent(process, name, steps):
    grid = GRIDS[name](process, steps)
    assert grid.shape == (steps + 1,) and grid.dtype == torch.float64
    assert grid[0] == 1 and grid[-1] == process.t_min
    assert (grid.diff() < 0).all()
    grid = GRIDS[name](process, steps, t_start=0.9, t_end=0.2)
    assert grid[0] == 0.9 and grid[-1] == 0.2 and (grid.diff() < 0).all()


def test_spacing(process):
    variables = {
        uniform_grid: lambda t: t,
        quadratic_grid: torch.sqrt,
        log_snr_grid: process.lambda_,
        karras_grid: lambda t: (process.sigma(t) / process.alpha(t)) ** (1 / 7),
        sinh_grid: lambda t: torch.asinh(process.lambda_(t) / 1.25),
    }
    for make, variable in variables.items():
        gaps = variable(make(process, 20)).diff()
        torch.testing.assert_close(gaps, gaps.mean().expand(20), rtol=1e-6, atol=0)


@pytest.mark.parametrize("steps", [1, 10, 100, 1000])
def test_karras_reaches_the_data(process, steps):
    grid = karras_grid(process, steps, t_end=0.0)
    assert grid[-1] == 0 and (grid.diff() < 0).all()
    levels = torch.exp(-process.lambda_(grid[:-1])) ** (1 / 7)
    torch.testing.assert_close(
        levels.diff(), levels.diff().mean().expand(steps - 1) if steps > 1 else levels.diff(), rtol=1e-5, atol=0
    )


def test_bad_arguments_are_named(process):
    for arguments, message in [
        ({"steps": 0}, "`steps` must be at least 1, got 0"),
        ({"steps": 4, "t_start": 1.5}, r"`t_start` must lie in \(0, 1\], got 1.5"),
        ({"steps": 4, "t_start": 0.5, "t_end": 0.5}, r"`t_end` must lie in \[0, `t_start` = 0.5\), got 0.5"),
        ({"steps": 4, "t_end": float("nan")}, "`t_end` must lie in"),
    ]:
        with pytest.raises(ValueError, match=message):
            uniform_grid(process, **arguments)
    with pytest.raises(ValueError, match="`rho` must be positive"):
        karras_grid(process, 4, rho=0.0)
    with pytest.raises(ValueError, match="`scale` must be positive and finite, got 0"):
        sinh_grid(process, 4, scale=0.0)
    if process.sigma(torch.zeros(())) == 0:
        with pytest.raises(ValueError, match="`t_end` must leave some noise on this grid, got 0.0"):
            log_snr_grid(process, 4, t_end=0.0)
        with pytest.raises(ValueError, match="`t_end` must leave some noise on this grid, got 0.0"):
            sinh_grid(process, 4, t_end=0.0)
