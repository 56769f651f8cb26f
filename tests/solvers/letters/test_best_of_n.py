"""The best of N against the law of the highest of N independent draws."""

import pytest
import torch
from torch import Tensor

from sciml.denoisers.counting_states import CountingStates
from sciml.solvers.integrate import integrate
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.best_of_n import best_of_n
from sciml.solvers.letters.trapezoidal import Trapezoidal


def law_of_best(law: Tensor, reward: Tensor, count: int) -> Tensor:
    """p(x) (F(r)^N - F(r-)^N) / (F(r) - F(r-)), level by level."""
    found = torch.zeros_like(law)
    for level in reward.unique():
        below, here = law[reward < level].sum(), law[reward == level].sum()
        found[reward == level] = law[reward == level] * ((below + here) ** count - below**count) / here
    return found


@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("ties", [False, True])
def test_its_law_is_that_of_the_highest(steering, exact, count: int, ties: bool) -> None:
    table = steering.table.round() if ties else steering.table
    steered, prompts = type(steering)(steering.law, table, 1.0, steering.grid), 20_000
    generator = torch.Generator().manual_seed(0)
    rows = steered.rows(prompts * count, generator)
    x = best_of_n(Ancestral(), steered.denoiser, rows, steered.grid, steered.reward, count, generator=generator)
    law = law_of_best(steered.plain, table, count)
    assert law.sum().item() == pytest.approx(1)
    assert ((exact.frequencies(x) - law).abs() < 4 * (law * (1 - law) / prompts).sqrt() + 1e-12).all()


def test_the_best_is_of_the_own_prompt(steering) -> None:
    prompts, generator = torch.tensor([[0, 3, 3], [1, 3, 3], [2, 1, 3]]), torch.Generator().manual_seed(0)
    rows = prompts.repeat_interleave(300, 0)
    x = best_of_n(Ancestral(), steering.denoiser, rows, steering.grid, steering.reward, 300, generator=generator)
    best = [steering.table[0].max(), steering.table[1].max(), steering.table[2, 1].max()]
    assert [steering.table[tuple(row)] for row in x.tolist()] == best
    assert x[:, 0].tolist() == [0, 1, 2] and x[2, 1] == 1


def test_the_samples_are_those_of_the_solver(steering) -> None:
    rows = steering.rows(30, torch.Generator())
    first, second = torch.Generator().manual_seed(0), torch.Generator().manual_seed(0)
    one = best_of_n(Ancestral(), steering.denoiser, rows, steering.grid, steering.reward, 1, generator=first)
    assert torch.equal(one, integrate(Ancestral(), steering.denoiser, rows, steering.grid, generator=second))


def test_a_sample_costs_n_times_the_calls_of_the_solver(steering) -> None:
    for solver, stages in ((Ancestral(), 1), (Trapezoidal(), 2)):
        counting, generator = CountingStates(steering.denoiser), torch.Generator().manual_seed(0)
        rows = steering.rows(60, generator)
        x = best_of_n(solver, counting, rows, steering.grid, steering.reward, 6, generator=generator)
        assert counting.states / len(x) == 6 * 5 * stages


def test_bad_use_is_named(steering) -> None:
    generator, given = torch.Generator().manual_seed(0), (Ancestral(), steering.denoiser)
    with pytest.raises(ValueError, match="`count` must divide the 10 rows, got 4"):
        best_of_n(*given, steering.rows(10, generator), steering.grid, steering.reward, 4, generator=generator)
    with pytest.raises(ValueError, match="`grid` must end at 0, where the reward is known, got 0.19"):
        best_of_n(*given, steering.rows(4, generator), steering.grid[:-1], steering.reward, 4, generator=generator)
