"""The sampling loop: what it checks, counts and reports."""

from dataclasses import dataclass
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.numerics.states import all_finite, tensors_of
from sciml.processes.vp import VPLinear
from sciml.solvers.ddim import ddim
from sciml.solvers.grids import uniform_grid
from sciml.solvers.heun import Heun
from sciml.solvers.integrate import Progress, integrate
from sciml.solvers.solver import OneStepSolver

F64 = torch.float64


class Echo(Denoiser):
    """x_0 = factor x_t; keeps its conditions."""

    def __init__(self, factor: float = 0.5) -> None:
        super().__init__(VPLinear())
        self.factor, self.conditions = factor, []

    def forward(self, x_t, t, cond=None):
        self.conditions.append(cond)
        return Dirac(self.factor * x_t)


def grid(*times):
    return torch.tensor(times, dtype=F64)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (grid(1.0), "two points or more"),
        (torch.tensor([1.0, 0.5]), "float64"),
        (torch.ones(2, 2, dtype=F64), "1-D"),
        (grid(1.0, 0.5, 0.6, 0.1), r"`grid\[2\]` must be below `grid\[1\]` = 0.5, got 0.6"),
        (grid(1.0, 0.5, 0.5), r"`grid\[2\]` must be below `grid\[1\]` = 0.5, got 0.5"),
        (grid(1.5, 0.5), r"`grid\[0\]` must lie in \[0, 1\], got 1.5"),
        (grid(1.0, 0.5, -0.1), r"`grid\[2\]` must lie in \[0, 1\], got -0.1"),
        (grid(1.0, float("nan"), 0.1), r"`grid\[1\]` must lie in \[0, 1\], got nan"),
    ],
)
def test_a_bad_grid_is_named(times, message):
    with pytest.raises(ValueError, match=message):
        integrate(ddim(), Echo(), torch.ones(2, 1), times)


@pytest.mark.parametrize(("solver", "calls"), [(ddim(), 1), (Heun(), 2)])
def test_progress_is_reported(solver, calls):
    seen: list[Progress] = []
    denoiser = Echo()
    x = integrate(solver, denoiser, torch.ones(2, 1), uniform_grid(denoiser.process, 4), callback=seen.append)
    assert [p.index for p in seen] == [0, 1, 2, 3]
    assert [p.nfe for p in seen] == [calls * i for i in (1, 2, 3, 4)] and len(denoiser.conditions) == 4 * calls
    assert (seen[0].t, seen[-1].s) == (1.0, 1e-3) and all(a.s == b.t for a, b in pairwise(seen))
    assert torch.equal(seen[-1].x, x)


def test_heun_onto_the_data_calls_once():
    denoiser = Echo()
    integrate(Heun(), denoiser, torch.ones(2, 1), grid(1.0, 0.5, 0.0))
    assert len(denoiser.conditions) == 3


def test_the_condition_is_bound_for_every_call():
    denoiser = Echo()
    integrate(Heun(), denoiser, torch.ones(2, 1), grid(1.0, 0.5, 0.1), cond="c")
    assert denoiser.conditions == ["c"] * 4


def test_a_state_that_is_not_finite_raises_with_the_step():
    class Breaking(Echo):
        def forward(self, x_t, t, cond=None):
            return Dirac(x_t / (0.0 if t < 0.6 else 2.0))

    with pytest.raises(FloatingPointError, match="not finite after step 1, from t = 0.5 to 0.25"):
        integrate(ddim(), Breaking(), torch.ones(2, 1), grid(1.0, 0.5, 0.25, 0.1))


def test_a_state_may_be_a_dataclass():
    @dataclass(frozen=True)
    class Pair:
        nodes: Tensor
        mask: Tensor

    class Halving(OneStepSolver[Pair]):
        order = 1

        def step(self, denoiser, x_t, t, s, memory, *, generator):
            return Pair(x_t.nodes / 2, x_t.mask), None

    pair = integrate(Halving(), Echo(), Pair(torch.ones(3), torch.ones(3, dtype=torch.bool)), grid(1.0, 0.5, 0.1))
    assert torch.equal(pair.nodes, torch.full((3,), 0.25)) and len(list(tensors_of(pair))) == 2
    assert not all_finite(Pair(torch.tensor(float("inf")), pair.mask))
