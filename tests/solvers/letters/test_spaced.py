"""Spaced unmasking: its plans, and its law by enumeration of them."""

from itertools import permutations

import pytest
import torch
from torch import Generator, Tensor

from sciml.analysis.exact_law import total_variation, unmasking_law
from sciml.denoisers.tabular import TabularDenoiser, states
from sciml.processes.absorbing import Absorbing
from sciml.processes.uniform_jump import UniformJump
from sciml.solvers.grids import uniform_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.scaled import sharpened
from sciml.solvers.letters.spaced import Spaced, spaced_plan

F64 = torch.float64
PROCESS = Absorbing(2)
STEP = torch.tensor([[0.9, 0.1], [0.2, 0.8]], dtype=F64)
LAW = torch.einsum("a,ab,bc,cd->abcd", torch.tensor([2 / 3, 1 / 3], dtype=F64), STEP, STEP, STEP)  # of neighbours


def enumerated(denoiser: TabularDenoiser, steps: int, powers: Tensor) -> Tensor:
    """The law over all plans."""
    letters, total = states(2, 4), torch.zeros(16, dtype=F64)
    plans = [
        [order[(i + shift) % steps] for i in range(4)] for order in permutations(range(steps)) for shift in range(steps)
    ]
    for plan in torch.tensor(plans):
        law = torch.ones(16, dtype=F64)
        for step in range(steps):
            p = denoiser(torch.where(plan >= step, PROCESS.mask, letters), torch.ones((), dtype=F64)).mean
            right = sharpened(p.double(), powers[step]).gather(-1, letters[..., None])[..., 0]
            law = law * torch.where(plan == step, right, 1.0).prod(1)
        total = total + law / len(plans)
    return total.reshape(2, 2, 2, 2)


def sampled(denoiser: TabularDenoiser, solver: Spaced, steps: int, count: int = 100_000) -> Tensor:
    generator = Generator().manual_seed(0)
    x = PROCESS.prior((count, 4), generator=generator)
    x_0 = integrate(solver, denoiser, x, uniform_grid(PROCESS, steps), generator=generator)
    codes = (x_0 * torch.tensor([8, 4, 2, 1])).sum(1)
    return (codes.bincount(minlength=16) / count).reshape(2, 2, 2, 2)


@pytest.mark.parametrize("powers", [None, (0.8, 1.5)])
def test_samples_follow_the_law_of_all_plans(powers: tuple[float, ...] | None) -> None:
    denoiser, power = TabularDenoiser(LAW, PROCESS), torch.tensor(powers or (1.0, 1.0), dtype=F64)
    found = sampled(denoiser, Spaced(None if powers is None else power), 2)
    assert total_variation(found.double(), enumerated(denoiser, 2, power)) < 0.006  # sixteen entries of 100,000 draws


def test_a_letter_at_a_time_has_no_error() -> None:
    denoiser = TabularDenoiser(LAW, PROCESS)
    torch.testing.assert_close(enumerated(denoiser, 4, torch.ones(4, dtype=F64)), LAW)
    assert total_variation(sampled(denoiser, Spaced(), 4).double(), LAW) < 0.006


def test_letters_of_neighbours_are_better_drawn_apart_than_at_random() -> None:
    denoiser = TabularDenoiser(LAW, PROCESS)
    apart = enumerated(denoiser, 2, torch.ones(2, dtype=F64))
    at_random = unmasking_law(Ancestral(), denoiser, 4, uniform_grid(PROCESS, 2))
    assert total_variation(apart, LAW) < 0.75 * total_variation(at_random, LAW)


@pytest.mark.parametrize(("length", "steps"), [(12, 4), (13, 5), (3, 8)])
def test_a_plan_has_equal_shares_and_letters_far_apart(length: int, steps: int) -> None:
    when = spaced_plan((20_000, length), steps, Generator().manual_seed(0))
    shares = torch.stack([(when == step).double().mean(0) for step in range(steps)])
    torch.testing.assert_close(shares, torch.full_like(shares, 1 / steps), atol=0.02, rtol=0)
    for apart in range(1, min(steps, length)):
        assert not (when[:, apart:] == when[:, :-apart]).any()
    if length > steps:
        assert (when[:, steps:] == when[:, :-steps]).all()


def test_what_is_seen_stays() -> None:
    denoiser, x = TabularDenoiser(LAW, PROCESS), torch.tensor([[1, 2, 2, 0]]).repeat(50, 1)
    found = integrate(Spaced(), denoiser, x, uniform_grid(PROCESS, 2), generator=Generator().manual_seed(0))
    assert (found[:, [0, 3]] == x[:, [0, 3]]).all() and (found < 2).all()


def test_bad_use_is_named() -> None:
    denoiser, x, generator = TabularDenoiser(LAW, PROCESS), torch.full((1, 4), 2), Generator().manual_seed(0)
    with pytest.raises(ValueError, match="`sharpness` must be positive, got \\[0.0\\]"):
        Spaced(torch.zeros(1, dtype=F64))
    with pytest.raises(ValueError, match="`grid` must have the 3 steps that `sharpness` is of, got 2"):
        integrate(Spaced(torch.ones(3, dtype=F64)), denoiser, x, uniform_grid(PROCESS, 2), generator=generator)
    with pytest.raises(ValueError, match="`grid` must end at 0, where all is revealed, got 0.5"):
        integrate(Spaced(), denoiser, x, uniform_grid(PROCESS, 2, t_end=0.5), generator=generator)
    jumps = TabularDenoiser(LAW, UniformJump(2))
    with pytest.raises(TypeError, match="`process` must be Absorbing to be revealed, got UniformJump"):
        integrate(Spaced(), jumps, x, uniform_grid(PROCESS, 2), generator=generator)
