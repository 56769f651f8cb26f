"""Adaptive steps: as accurate as asked for, at no more calls than that takes."""

import pytest
import torch

from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.denoisers.mixture import MixtureDenoiser
from sciml.denoisers.reference import exact_flow
from sciml.processes.vp import VPLinear
from sciml.solvers.adaptive import AdaptiveDPMSolver
from sciml.solvers.dpm_solver import dpm_solver
from sciml.solvers.integrate import integrate

F64 = torch.float64


def span(process, *times):
    return torch.tensor([1.0, *times, process.t_min], dtype=F64)


def run(solver, denoiser, x, grid):
    calls = []
    end = integrate(solver, denoiser, x, grid, callback=lambda progress: calls.append(progress.nfe))
    return end, calls


@pytest.mark.parametrize("order", [2, 3])
def test_a_tighter_tolerance_is_more_accurate_and_takes_more_calls(process, mixture, generator, order):
    x = process.prior((16, 2), generator=generator, dtype=F64)
    exact = exact_flow(mixture, x, *span(process), steps=200)
    errors, calls = [], []
    for tolerance in (1e-1, 1e-2, 1e-3):
        end, made = run(AdaptiveDPMSolver(order, tolerance, tolerance / 5), mixture, x, span(process))
        errors.append((end - exact).square().mean().sqrt().item())
        calls.append(made[-1])
        assert errors[-1] < tolerance
    assert errors == sorted(errors, reverse=True) and calls == sorted(calls)


def test_points_of_the_grid_are_met_and_change_little(process, mixture, generator):
    x = process.prior((4, 2), generator=generator, dtype=F64)
    solver = AdaptiveDPMSolver(3, 1e-3, 1e-4)
    through, calls = run(solver, mixture, x, span(process, 0.5, 0.1))
    assert len(calls) == 3 and calls == sorted(set(calls))
    torch.testing.assert_close(through, run(solver, mixture, x, span(process))[0], rtol=0, atol=2e-3)


def test_a_fine_stretch_of_the_grid_does_not_spoil_the_step_after_it(mixture, process, generator):
    x = process.prior((2, 2), generator=generator, dtype=F64)
    fine = torch.cat([torch.linspace(1, 0.99, 200, dtype=F64), torch.tensor([process.t_min], dtype=F64)])
    end = integrate(AdaptiveDPMSolver(3, 1e-2, 1e-3), mixture, x, fine)
    torch.testing.assert_close(
        end, integrate(AdaptiveDPMSolver(3, 1e-3, 1e-4), mixture, x, span(process)), rtol=0, atol=1e-2
    )


@pytest.mark.parametrize("order", [2, 3])
def test_the_lower_order_costs_no_call_and_a_step_is_dpm_solver(generator, order):
    """With a tolerance that takes any step, one step of the whole length is the singlestep solver's."""
    process = VPLinear()
    denoiser = GaussianDenoiser(process, torch.tensor([0.5], dtype=F64), torch.tensor([[0.3]], dtype=F64))
    x, grid = process.prior((3, 1), generator=generator, dtype=F64), span(process)
    end, calls = run(AdaptiveDPMSolver(order, 1e9, 1e9, first_step=100.0), denoiser, x, grid)
    assert calls == [order]
    torch.testing.assert_close(end, integrate(dpm_solver(order), denoiser, x, grid), rtol=1e-12, atol=1e-12)


def test_a_refused_step_starts_from_the_call_it_has(generator):
    process = VPLinear()
    weights, variances = torch.tensor([[0.4, 0.6], [0.01, 0.02]], dtype=F64)
    narrow = MixtureDenoiser(process, weights, torch.tensor([[1.0, 0.0], [-1.0, 0.5]], dtype=F64), variances)
    x = process.prior((4, 2), generator=generator, dtype=F64)
    asked = []
    hook = narrow.register_forward_pre_hook(lambda module, arguments: asked.append(arguments[1].item()))
    _, calls = run(AdaptiveDPMSolver(3, 1e-2, 1e-3, first_step=9.0), narrow, x, span(process))
    hook.remove()
    assert calls[-1] == len(asked)
    assert asked.count(1.0) == 1 and len(set(asked)) == len(asked)


def test_what_cannot_be_is_refused(generator):
    process = VPLinear()
    denoiser = GaussianDenoiser(process, torch.zeros(1, dtype=F64), torch.eye(1, dtype=F64))
    x = process.prior((3, 1), generator=generator, dtype=F64)
    with pytest.raises(ValueError, match="`order` must be 2 or 3, got 1"):
        AdaptiveDPMSolver(1)
    with pytest.raises(ValueError, match="`relative_tolerance` must be positive and finite, got 0"):
        AdaptiveDPMSolver(relative_tolerance=0.0)
    with pytest.raises(ValueError, match="`grid` must end where some noise is left, got 0.0, where lambda is infinite"):
        integrate(AdaptiveDPMSolver(), denoiser, x, torch.tensor([1.0, 0.0], dtype=F64))
