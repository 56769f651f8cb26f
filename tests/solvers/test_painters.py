"""The jump in closed form: exact for Gaussian data, and worth taking, but not too far, for others."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import torch

from sciml.denoisers.statistics import DataStatistics, cosine_statistics
from sciml.numerics.modes import dense_modes
from sciml.processes.vp import VPLinear
from sciml.solvers.dpm_solver import dpm_solver_pp_multistep
from sciml.solvers.grids import karras_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.painters import painters_start

F64 = torch.float64
ROOT = Path(__file__).resolve().parents[2]


def problems() -> ModuleType:
    """The problems with exact solutions of the benchmark."""
    spec = importlib.util.spec_from_file_location("solver_problems", ROOT / "benchmarks" / "solver_problems.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def statistics_of(oracle):
    modes = oracle.modes
    return DataStatistics(modes.mean, modes.variances, dense_modes(modes.basis))


@pytest.mark.parametrize("t_from", [1.0, 0.8])
def test_it_is_the_flow_of_gaussian_data(process, gaussian, generator, t_from):
    x = process.prior((5, 2), generator=generator, dtype=F64)
    there = painters_start(process, statistics_of(gaussian), x, 0.3, t_from=t_from)
    exact = gaussian.flow(x, torch.tensor(t_from, dtype=F64), torch.tensor(0.3, dtype=F64))
    torch.testing.assert_close(there, exact)


def test_no_jump_is_no_change_and_two_are_one(process, gaussian, generator):
    x, known = process.prior((5, 2), generator=generator, dtype=F64), statistics_of(gaussian)
    torch.testing.assert_close(painters_start(process, known, x, 1.0), x)
    half = painters_start(process, known, x, 0.6)
    torch.testing.assert_close(painters_start(process, known, half, 0.2, t_from=0.6), painters_start(process, known, x, 0.2))


def test_fields_in_their_cosine_modes(generator):
    """Each mode ends with the variance of the process at t_start."""
    process = VPLinear()
    smooth = torch.randn(400, 2, 12, generator=generator).cumsum(2) + 1
    known = cosine_statistics(smooth)
    x = process.prior((4000, 2, 12), generator=generator)
    y = painters_start(process, known, x, 0.2)
    t = torch.tensor(0.2, dtype=F64)
    z = known.modes.forward(y.double() - process.alpha(t) * known.mean)
    expected = process.alpha(t) ** 2 * known.variances + process.sigma(t) ** 2
    torch.testing.assert_close(z.square().mean(0), expected, rtol=0.12, atol=0.02)
    assert y.dtype == torch.float32 and y.shape == x.shape


@pytest.mark.parametrize("steps", [6, 10])
def test_a_moderate_jump_is_better_than_none_and_a_long_one_hits_a_floor(steps):
    """At equal calls; the floor is the same for any number of steps."""
    problem = problems().Problem("image", states=64)
    process, solver, errors = problem.process, dpm_solver_pp_multistep(2), {}
    for t_start in (1.0, 0.5, 0.1):
        start = painters_start(process, problem.statistics, problem.x, t_start)
        grid = karras_grid(process, steps, t_start=t_start, t_end=problem.t_end)
        errors[t_start] = problem.error(integrate(solver, problem.denoiser, start, grid))
    assert errors[0.5] < 0.5 * errors[1.0] and errors[0.5] < 0.4 * errors[0.1]
    assert errors[0.1] == pytest.approx(0.216, rel=0.15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"t_start": 0.0}, r"`t_start` must lie in \(0, `t_from` = 1.0\], got 0.0"),
        ({"t_start": 0.5, "t_from": 0.4}, r"`t_start` must lie in \(0, `t_from` = 0.4\], got 0.5"),
        ({"t_start": 0.5, "t_from": 1.2}, r"`t_from` must lie in \(0, 1\], got 1.2"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    known = DataStatistics(torch.zeros(2, dtype=F64), torch.ones(2, dtype=F64), dense_modes(torch.eye(2, dtype=F64)))
    with pytest.raises(ValueError, match=message):
        painters_start(VPLinear(), known, torch.ones(3, 2, dtype=F64), **arguments)
