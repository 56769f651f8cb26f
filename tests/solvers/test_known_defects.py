"""What is known to go wrong in other libraries does not go wrong here."""

import pytest
import torch

from sciml.denoisers.mixture import MixtureDenoiser
from sciml.denoisers.reference import exact_flow
from sciml.processes.vp import VPLinear
from sciml.solvers.catalog import GRIDS, SOLVERS
from sciml.solvers.ddim import ddim
from sciml.solvers.exponential.form import DATA, NOISE
from sciml.solvers.exponential.plain import exponential
from sciml.solvers.grids import karras_grid, log_snr_grid, uniform_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.pndm import pndm

F64 = torch.float64
PROCESS = VPLinear()


@pytest.fixture
def oracle():
    weights, variances = torch.tensor([[0.3, 0.7], [0.3, 0.2]], dtype=F64)
    return MixtureDenoiser(PROCESS, weights, torch.tensor([[1.0, 0.0], [-1.0, 0.5]], dtype=F64), variances)


def start():
    return PROCESS.prior((8, 2), generator=torch.Generator().manual_seed(0), dtype=F64)


def error(solver, oracle, grid):
    exact = exact_flow(oracle, start(), grid[0], grid[-1], steps=300)
    return float((integrate(solver, oracle, start(), grid) - exact).square().mean().sqrt())


@pytest.mark.parametrize("steps", range(13, 20))
@pytest.mark.parametrize("grid", sorted(GRIDS))
@pytest.mark.parametrize("form", [DATA, NOISE])
def test_no_last_step_blows_up(oracle, grid, steps, form):
    """The last noise level of some schedules is doubled, and third-order steps divide by the difference."""
    grid = GRIDS[grid](PROCESS, steps)
    assert (grid.diff() < 0).all() and len(grid) == steps + 1
    assert torch.isfinite(integrate(exponential(form, 3), oracle, start(), grid)).all()


@pytest.mark.parametrize("solver", [ddim(), pndm(2)])
def test_more_steps_are_never_worse(oracle, solver):
    """Whole-numbered times make DDIM and PNDM diverge beyond some hundred steps."""
    errors = [error(solver, oracle, uniform_grid(PROCESS, steps)) for steps in (50, 250, 600)]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.2 * errors[0]


def test_there_is_no_floor_of_rounding(oracle):
    """Whole-numbered times and noise levels in float32 leave an error of 2e-4 to 4.5e-3."""
    assert error(exponential(DATA, 3, corrector=3).warmed(), oracle, log_snr_grid(PROCESS, 400)) < 1e-7


@pytest.mark.parametrize("name", sorted(name for name, make in SOLVERS.items() if not make().stochastic))
def test_every_call_counts(oracle, name):
    """No call is spent on a time that is there twice, or whose answer is not used."""
    asked = []
    oracle.register_forward_pre_hook(
        lambda module, arguments: asked.append((arguments[1].item(), arguments[0].sum().item()))
    )
    integrate(SOLVERS[name](), oracle, start(), karras_grid(PROCESS, 6))
    assert len(set(asked)) == len(asked)


def test_float64_stays_float64(oracle):
    for name, make in SOLVERS.items():
        generator = torch.Generator().manual_seed(0)
        end = integrate(make(), oracle, start(), log_snr_grid(PROCESS, 3), generator=generator)
        assert end.dtype == F64, name
