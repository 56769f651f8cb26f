"""Steps with scalars: the identities that define them, and their law against what is drawn."""

import math
from itertools import pairwise

import pytest
import torch

from sciml.analysis.exact_law import dense_law, unmasking_law
from sciml.denoisers.tabular import TabularDenoiser
from sciml.processes.absorbing import Absorbing
from sciml.processes.jump import JumpProcess
from sciml.processes.uniform_jump import UniformJump
from sciml.solvers.grids import uniform_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.scaled import Scaled, sharpened
from sciml.solvers.letters.solver import LetterSolver, jumps
from sciml.solvers.letters.tau_leaping import TauLeaping
from sciml.solvers.letters.trapezoidal import Trapezoidal

F64 = torch.float64
PROCESSES = [Absorbing(3), UniformJump(3)]
LAW = torch.rand(3, 3, generator=torch.Generator().manual_seed(0), dtype=F64) ** 2
TARGET = LAW / LAW.sum()


def scaled(process: JumpProcess, rates: list[float], sharpness: list[float], solver: LetterSolver) -> Scaled:
    grid = uniform_grid(process, len(sharpness))
    return Scaled(grid, torch.tensor(rates, dtype=F64), torch.tensor(sharpness, dtype=F64), solver)


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize("solver", [Ancestral(), TauLeaping(), Trapezoidal()])
def test_without_scalars_it_is_the_solver(process: JumpProcess, solver: LetterSolver) -> None:
    denoiser, plain = TabularDenoiser(LAW, process), scaled(process, [1.0, 1.0], [1.0, 1.0, 1.0], solver)
    found, exact = (dense_law(each, denoiser, 2, plain.grid) for each in (plain, solver))
    torch.testing.assert_close(found, exact, rtol=0, atol=1e-12)


def test_the_scalar_multiplies_the_rates_of_tau_leaping() -> None:
    process = UniformJump(3)
    x = torch.tensor([[0, 2], [1, 1]])
    t, s = torch.tensor([1.0, 0.5], dtype=F64)
    said = TabularDenoiser(LAW, process)(x, t).mean
    found = scaled(process, [1.7], [1.0, 1.0], TauLeaping()).transition(process, [x], [said], t, s)
    exact = jumps(1.7 * (t - s) * process.clock_rate(t) * process.rates(said, x, t), x)
    torch.testing.assert_close(found, exact, rtol=0, atol=1e-12)


def test_under_masking_the_scalar_is_another_time() -> None:
    """(1 - u)^Phi stay masked: what another time of the grid does, too."""
    process = Absorbing(3)
    denoiser, phi = TabularDenoiser(LAW, process), 1.6
    faster = unmasking_law(scaled(process, [phi], [1.0, 1.0], Ancestral()), denoiser, 2, uniform_grid(process, 2))
    other = torch.tensor([1.0, 0.5**phi, 0.0], dtype=F64)
    torch.testing.assert_close(faster, unmasking_law(Ancestral(), denoiser, 2, other), rtol=0, atol=1e-12)


def test_the_exponent_sharpens_the_letters_of_a_step() -> None:
    process = Absorbing(3)
    found = unmasking_law(
        scaled(process, [], [2.5], Ancestral()), TabularDenoiser(LAW, process), 2, uniform_grid(process, 1)
    )
    powers = [TARGET.sum(axis) ** 2.5 for axis in (1, 0)]
    exact = torch.outer(*(p / p.sum() for p in powers))
    torch.testing.assert_close(found, exact, rtol=0, atol=1e-12)


def test_what_is_impossible_stays_so_and_has_a_gradient() -> None:
    power = torch.tensor(2.0, dtype=F64, requires_grad=True)
    found = sharpened(torch.tensor([[[0.0, 0.25, 0.75]]], dtype=F64), power)
    assert found.tolist() == [[[0.0, pytest.approx(0.1), pytest.approx(0.9)]]]
    (slope,) = torch.autograd.grad(found[0, 0, 2], power)
    assert slope.item() == pytest.approx(0.9 * 0.1 * math.log(3))


@pytest.mark.parametrize("process", PROCESSES)
def test_what_is_drawn_has_the_law_that_is_computed(process: JumpProcess) -> None:
    solver, generator = scaled(process, [1.3, 0.8], [0.6, 1.5, 2.0], Ancestral()), torch.Generator().manual_seed(0)
    denoiser, count = TabularDenoiser(LAW, process), 30_000
    x = integrate(solver, denoiser, process.prior((count, 2), generator=generator), solver.grid, generator=generator)
    found = torch.bincount((x * torch.tensor([3, 1])).sum(1), minlength=9) / count
    exact = dense_law(solver, denoiser, 2, solver.grid)[:3, :3].flatten()
    assert (found - exact).abs().max() < 4 * math.sqrt(0.25 / count)


def test_probabilities_add_up_in_every_step() -> None:
    process = UniformJump(3)
    solver, x = scaled(process, [0.3, 4.0], [0.5, 2.0, 1.0], Ancestral()), torch.tensor([[0, 1], [2, 2]])
    denoiser = TabularDenoiser(LAW, process)
    for t, s in pairwise(solver.grid):
        onwards = solver.transition(process, [x], [denoiser(x, t).mean], t, s)
        torch.testing.assert_close(onwards.sum(-1), torch.ones(2, 2, dtype=F64))


def test_bad_use_is_named() -> None:
    process = Absorbing(3)
    with pytest.raises(ValueError, match="`rates` must be 1 positive numbers on a grid of 2 steps"):
        scaled(process, [1.0, 1.0], [1.0, 1.0], Ancestral())
    with pytest.raises(ValueError, match="`sharpness` must be 2 positive numbers"):
        scaled(process, [1.0], [1.0, 0.0], Ancestral())
    solver, generator = scaled(process, [1.0], [1.0, 1.0], Ancestral()), torch.Generator().manual_seed(0)
    x = process.prior((2, 2), generator=generator)
    with pytest.raises(ValueError, match="`grid` must be the one that the scalars belong to"):
        integrate(solver, TabularDenoiser(LAW, process), x, uniform_grid(process, 3), generator=generator)
    with pytest.raises(ValueError, match="`t` must be on the grid"):
        dense_law(solver, TabularDenoiser(LAW, process), 2, uniform_grid(process, 3))
