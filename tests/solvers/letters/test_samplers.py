"""Samplers of letters: their exact laws, orders and draws, with exact denoisers."""

import math
from itertools import pairwise

import pytest
import torch

from sciml.analysis.exact_law import dense_law, total_variation, unmasking_law
from sciml.denoisers.tabular import TabularDenoiser
from sciml.processes.absorbing import Absorbing
from sciml.processes.jump import JumpProcess
from sciml.processes.jump_schedule import Cosine, Geometric
from sciml.processes.uniform_jump import UniformJump
from sciml.solvers.grids import uniform_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.first_hitting import FirstHitting
from sciml.solvers.letters.remasking import Remasking
from sciml.solvers.letters.solver import LetterSolver
from sciml.solvers.letters.tau_leaping import EulerJumps, TauLeaping
from sciml.solvers.letters.trapezoidal import Trapezoidal

PROCESSES = [Absorbing(3), Absorbing(3, Cosine()), UniformJump(3), UniformJump(3, Geometric(0.1, 8.0))]
SOLVERS = [Ancestral(), TauLeaping(), EulerJumps(), Trapezoidal(), Trapezoidal(0.3), Remasking()]
FITTING = [(s, p) for s in SOLVERS for p in PROCESSES if p.absorbing or not isinstance(s, Remasking)]


def law(seed: int = 0, floor: float = 1.0, positions: int = 3) -> torch.Tensor:
    """A random table; a floor keeps letters from depending on each other strongly."""
    table = torch.rand([3] * positions, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + floor
    return table / table.sum()


def padded(table: torch.Tensor, vocabulary: int) -> torch.Tensor:
    full = torch.zeros([vocabulary] * table.ndim, dtype=torch.float64)
    full[tuple(slice(n) for n in table.shape)] = table
    return full


@pytest.mark.parametrize(("solver", "process"), [(s, p) for s, p in FITTING if s not in (Trapezoidal(0.3), Remasking())])
def test_the_law_comes_nearer_by_the_declared_order(solver: LetterSolver, process: JumpProcess) -> None:
    positions = 4 - solver.order  # of a sampler with two stages every triple of states is gone through
    target = law(positions=positions)
    denoiser, full = TabularDenoiser(target, process), padded(target, process.vocabulary)
    errors = [
        total_variation(dense_law(solver, denoiser, positions, uniform_grid(process, steps)), full) for steps in (16, 32, 64)
    ]
    slopes = [math.log2(a / b) for a, b in pairwise(errors)]
    if solver.order == 1:
        assert slopes[-1] == pytest.approx(1, abs=0.1)
    else:
        assert slopes[-1] == pytest.approx(2, abs=0.15)


def remasking_slope(cap: float, steps: int) -> float:
    """Of the error of two letters at two positions, between so many steps and twice as many."""
    process, table = Absorbing(2), torch.rand(2, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    denoiser, full = TabularDenoiser(table, process), padded(table / table.sum(), 3)
    once, twice = (
        total_variation(dense_law(Remasking(cap=cap), denoiser, 2, uniform_grid(process, count)), full)
        for count in (steps, 2 * steps)
    )
    return math.log2(once / twice)


def test_remasking_is_of_half_an_order_behind_the_plateau_of_its_cap() -> None:
    assert remasking_slope(1.0, 128) == pytest.approx(0.5, abs=0.1)
    assert remasking_slope(0.2, 256) == pytest.approx(0.5, abs=0.1)
    assert remasking_slope(0.05, 128) < 0.3  # from 20 to 400 steps
    assert Remasking().order == 0 and Remasking(0.0).order == Remasking(cap=0.0).order == 1


@pytest.mark.parametrize("solver", [Ancestral(), TauLeaping(), EulerJumps(), Trapezoidal(0.3)])
def test_two_ways_to_the_law_agree(solver: LetterSolver) -> None:
    denoiser = TabularDenoiser(law(1, floor=0.0), Absorbing(3))
    grid = uniform_grid(denoiser.process, 3)
    dense = dense_law(solver, denoiser, 3, grid)
    assert dense.sum().item() == pytest.approx(1, abs=1e-12)
    torch.testing.assert_close(unmasking_law(solver, denoiser, 3, grid), dense[:3, :3, :3], rtol=0, atol=1e-12)


@pytest.mark.parametrize(("solver", "process"), FITTING)
def test_what_is_drawn_has_the_law_that_is_computed(solver: LetterSolver, process: JumpProcess) -> None:
    denoiser, generator = TabularDenoiser(law(2, 0.0), process), torch.Generator().manual_seed(0)
    grid, count = uniform_grid(process, 3), 30_000
    x = integrate(solver, denoiser, process.prior((count, 3), generator=generator), grid, generator=generator)
    assert (x < 3).all()
    found = torch.bincount((x * torch.tensor([9, 3, 1])).sum(1), minlength=27) / count
    exact = dense_law(solver, denoiser, 3, grid)[:3, :3, :3].flatten()
    assert (found - exact).abs().max() < 4 * math.sqrt(0.25 / count)
    again = torch.Generator().manual_seed(0)
    assert (integrate(solver, denoiser, process.prior((count, 3), generator=again), grid, generator=again) == x).all()


def test_one_step_draws_positions_as_if_independent() -> None:
    target = law(3, 0.0)
    denoiser = TabularDenoiser(target, Absorbing(3))
    marginals = [target.sum([j for j in range(3) if j != i]) for i in range(3)]
    exact = torch.einsum("a,b,c->abc", *marginals)
    torch.testing.assert_close(unmasking_law(Ancestral(), denoiser, 3, uniform_grid(denoiser.process, 1)), exact)


def test_first_hitting_is_exact_with_a_call_for_each_position() -> None:
    target, count, generator = law(4, 0.0), 60_000, torch.Generator().manual_seed(0)
    denoiser = TabularDenoiser(target, Absorbing(3, Cosine()))
    for steps, bound in ((3, 4 * math.sqrt(0.25 / count)), (5, 4 * math.sqrt(0.25 / count))):
        x = denoiser.process.prior((count, 3), generator=generator)
        x = integrate(FirstHitting(), denoiser, x, uniform_grid(denoiser.process, steps), generator=generator)
        found = torch.bincount((x * torch.tensor([9, 3, 1])).sum(1), minlength=27) / count
        assert (found - target.flatten()).abs().max() < bound


def test_the_law_of_first_hitting_is_known() -> None:
    """None is off with a call a position, all with one call as if independent, and in between as it is drawn."""
    target, process = law(4, 0.0), Absorbing(3)
    denoiser, solver = TabularDenoiser(target, process), FirstHitting()
    for steps in (3, 5):
        exact = unmasking_law(solver, denoiser, 3, uniform_grid(process, steps))
        torch.testing.assert_close(exact, target, rtol=0, atol=1e-12)
    once, twice = (uniform_grid(process, steps) for steps in (1, 2))
    torch.testing.assert_close(unmasking_law(solver, denoiser, 3, once), unmasking_law(Ancestral(), denoiser, 3, once))
    found = unmasking_law(solver, denoiser, 3, twice)
    assert found.sum().item() == pytest.approx(1, abs=1e-12) and total_variation(found, target) > 0.01
    torch.testing.assert_close(dense_law(solver, denoiser, 3, twice), padded(found, 4))
    generator, count = torch.Generator().manual_seed(0), 60_000
    x = integrate(solver, denoiser, process.prior((count, 3), generator=generator), twice, generator=generator)
    drawn = torch.bincount((x * torch.tensor([9, 3, 1])).sum(1), minlength=27) / count
    assert (drawn - found.flatten()).abs().max() < 4 * math.sqrt(0.25 / count)


def test_first_hitting_calls_nothing_where_all_is_revealed() -> None:
    process, generator, calls = Absorbing(3), torch.Generator().manual_seed(0), []
    x = process.prior((4, 3), generator=generator)
    denoiser, grid = TabularDenoiser(law(), process), uniform_grid(process, 50)
    x = integrate(FirstHitting(), denoiser, x, grid, generator=generator, callback=lambda seen: calls.append(seen.nfe))
    assert calls == [1, 2] + [3] * 48 and (x < 3).all()


def test_the_times_of_first_hitting_are_those_of_the_chain() -> None:
    """With n masked positions the share that is masked at the next time has mean n / (n + 1) of that before."""
    process, seen = Absorbing(3), []

    class Listening(TabularDenoiser):
        def forward(self, x_t, t, cond=None):
            seen.append(t)
            return super().forward(x_t, t, cond)

    generator = torch.Generator().manual_seed(0)
    x = process.prior((20_000, 3), generator=generator)
    integrate(FirstHitting(), Listening(law(), process), x, uniform_grid(process, 3), generator=generator)
    means = [t.mean().item() for t in seen]
    assert means == pytest.approx([1, 3 / 4, 3 / 4 * 2 / 3], abs=0.01)


def test_what_is_seen_is_kept_but_by_remasking() -> None:
    process, generator = Absorbing(3), torch.Generator().manual_seed(0)
    denoiser = TabularDenoiser(law(), process)
    x = torch.tensor([[2, 3, 3]]).expand(500, 3)
    for solver in (Ancestral(), Trapezoidal(), FirstHitting()):
        assert (integrate(solver, denoiser, x, uniform_grid(process, 4), generator=generator)[:, 0] == 2).all()
    assert (integrate(Remasking(), denoiser, x, uniform_grid(process, 4), generator=generator)[:, 0] != 2).any()


def test_remasking_nothing_is_ancestral_sampling() -> None:
    denoiser = TabularDenoiser(law(5), Absorbing(3))
    grid = uniform_grid(denoiser.process, 4)
    torch.testing.assert_close(dense_law(Remasking(0.0), denoiser, 3, grid), dense_law(Ancestral(), denoiser, 3, grid))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Trapezoidal(1.0), "`theta` must lie in \\(0, 1\\), got 1.0"),
        (lambda: Remasking(cap=2.0), "`cap` must lie in \\[0, 1\\], got 2.0"),
        (lambda: integrate(Ancestral(), TabularDenoiser(law(), Absorbing(3)), torch.full((2, 3), 3), GRID), "generator"),
    ],
)
def test_bad_use_is_named(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


GRID = uniform_grid(Absorbing(3), 2)


@pytest.mark.parametrize("solver", [FirstHitting(), Remasking()])
def test_masks_are_needed_to_be_lifted(solver) -> None:
    denoiser, generator = TabularDenoiser(law(), UniformJump(3)), torch.Generator().manual_seed(0)
    with pytest.raises(TypeError, match="must be Absorbing"):
        integrate(solver, denoiser, torch.zeros(2, 3, dtype=torch.long), GRID, generator=generator)
