"""SVDD against its exact law: with one candidate, with two, and with so many that the step is the tilted one."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from sciml.denoisers.counting_states import CountingStates
from sciml.denoisers.tabular import TabularDenoiser, states
from sciml.processes.absorbing import Absorbing
from sciml.processes.uniform_jump import UniformJump
from sciml.solvers.grids import uniform_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.svdd import SVDD
from sciml.solvers.letters.trapezoidal import Trapezoidal

F64 = torch.float64
EVERY = states(4, 3)


def kept(move: Tensor, value: Tensor, candidates: int | None) -> Tensor:
    """Probabilities of the state that is kept, (state, next), of one, two or infinitely many candidates."""
    if candidates == 1:
        return move
    if candidates is None:
        tilted = move * value.exp()
        return tilted / tilted.sum(1, keepdim=True)
    return 2 * move * (move @ torch.sigmoid(value[None] - value[:, None]))


def exact_law(steering, alpha: float, candidates: int | None) -> Tensor:
    """Pushed through all 64 states, values at the posterior mean."""
    denoiser = steering.denoiser
    law = (EVERY == 3).all(1).to(F64)
    for t, s in zip(steering.grid, steering.grid[1:], strict=False):
        each = denoiser.process.reverse(denoiser(EVERY, t).mean, EVERY, t, s)
        move = torch.stack([each[:, i, EVERY[:, i]] for i in range(3)]).prod(0)
        foreseen = F.one_hot(EVERY.clamp(max=2), 3).to(F64) if s == 0 else denoiser(EVERY, s).mean
        law = law @ kept(move, steering.reward(foreseen) / alpha, candidates)
    return law.reshape(4, 4, 4)[:3, :3, :3]


def run(steering, count: int, alpha: float, candidates: int, **options: object) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    start, solver = steering.rows(count, generator), SVDD(steering.reward, alpha, candidates, **options)
    with torch.no_grad():
        return integrate(solver, steering.denoiser, start, steering.grid, generator=generator)


@pytest.mark.parametrize("alpha", [0.5, 2.0])
@pytest.mark.parametrize("candidates", [1, 2])
def test_its_law_is_the_exact_one(steering, exact, candidates: int, alpha: float) -> None:
    law, count = exact_law(steering, alpha, candidates), 30_000
    assert law.sum().item() == pytest.approx(1)
    found = exact.frequencies(run(steering, count, alpha, candidates))
    assert ((found - law).abs() < 4 * (law * (1 - law) / count).sqrt() + 1e-12).all()


def test_with_many_candidates_each_step_is_the_tilted_one(steering, exact) -> None:
    law, count = exact_law(steering, 1.0, None), 6000
    errors = [exact.total_variation(exact.frequencies(run(steering, count, 1.0, m)), law) for m in (2, 8, 64)]
    assert errors[0] > 2 * errors[1] and errors[2] < 2 * exact.noise(law, count)
    assert exact.total_variation(law, steering.target) > 0.05  # which is not the law tilted as a whole


def test_with_values_by_many_draws_and_independent_letters_the_law_is_the_tilted_one(exact) -> None:
    """Where positions are independent the drawn value is exact, and so is the policy but for the number of candidates."""
    generator = torch.Generator().manual_seed(0)
    marginals = torch.rand(3, 3, generator=generator, dtype=F64) + 0.2
    law = torch.einsum("a,b,c->abc", *(marginals / marginals.sum(1, keepdim=True)))
    table = 2 * torch.randn(3, 3, 3, generator=generator, dtype=F64)
    denoiser = TabularDenoiser(law, Absorbing(3))

    def reward(x: Tensor) -> Tensor:
        return torch.einsum("abc,na,nb,nc->n", table, *x.unbind(1))

    target = law * table.exp() / (law * table.exp()).sum()
    start = denoiser.process.prior((6000, 3), generator=generator)
    grid, errors = uniform_grid(denoiser.process, 3), []
    for draws in (0, 4):
        x = integrate(SVDD(reward, 1.0, 64, draws=draws), denoiser, start, grid, generator=generator)
        errors.append(exact.total_variation(exact.frequencies(x), target))
    assert errors[1] < 2 * exact.noise(target, 6000) and errors[0] > 1.5 * errors[1]


def test_a_small_alpha_keeps_the_best(steering) -> None:
    grid = torch.tensor([1.0, 0.0], dtype=F64)
    x = integrate(
        SVDD(steering.reward, 1e-6, 400),
        steering.denoiser,
        torch.full((20, 3), 3),
        grid,
        generator=torch.Generator().manual_seed(0),
    )
    assert (steering.reward(F.one_hot(x, 3).to(F64)) == steering.table.max()).all()


def test_what_is_seen_is_kept_and_letters_that_jump_are_steered_too(steering) -> None:
    generator = torch.Generator().manual_seed(0)
    start = torch.tensor([[2, 3, 3]]).expand(50, 3)
    assert (
        integrate(SVDD(steering.reward, 1.0, 4), steering.denoiser, start, steering.grid, generator=generator)[:, 0] == 2
    ).all()
    denoiser = TabularDenoiser(steering.law, UniformJump(3))
    means = []
    for candidates in (1, 8):
        x = denoiser.process.prior((3000, 3), generator=generator)
        x = integrate(
            SVDD(steering.reward, 1.0, candidates), denoiser, x, uniform_grid(denoiser.process, 5), generator=generator
        )
        means.append(steering.reward(F.one_hot(x, 3).to(F64)).mean().item())
    assert means[1] > means[0] + 0.5


def test_a_sample_does_not_depend_on_its_batch_mates(steering) -> None:
    def first(mate: list[int]) -> Tensor:
        start, generator = torch.tensor([[3, 3, 3], mate, mate]), torch.Generator().manual_seed(5)
        solver = SVDD(steering.reward, 1.0, 4, draws=2)
        return torch.stack(
            [integrate(solver, steering.denoiser, start, steering.grid, generator=generator)[0] for _ in range(20)]
        )

    assert torch.equal(first([3, 3, 3]), first([0, 2, 3]))


@pytest.mark.parametrize("draws", [0, 2])
def test_a_sample_costs_a_call_for_each_candidate_of_all_steps_but_the_last(steering, draws: int) -> None:
    counting, generator, calls = CountingStates(steering.denoiser), torch.Generator().manual_seed(0), []
    solver = SVDD(steering.reward, 1.0, 6, Ancestral(), draws)
    start = steering.rows(10, generator)
    x = integrate(solver, counting, start, steering.grid, generator=generator, callback=lambda p: calls.append(p.nfe))
    assert counting.states / len(x) == calls[-1] == 1 + 6 * (5 - 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": -1.0}, "`alpha` must be positive and finite, got -1.0"),
        ({"candidates": 0}, "`candidates` must be at least 1, got 0"),
        ({"draws": -2}, "`draws` must be at least 0, got -2"),
        ({"solver": Trapezoidal()}, "`solver` must have one stage a step, got Trapezoidal, which has 2"),
    ],
    ids=str,
)
def test_bad_use_is_named(steering, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run(steering, 2, **{"alpha": 1.0, "candidates": 2} | options)
