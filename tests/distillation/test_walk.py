"""States kept on the way are those that the solver passes."""

import pytest
import torch
from torch import Generator

from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.distillation.walk import walk
from sciml.numerics.graph_state import GraphState
from sciml.numerics.states import join_batches, take
from sciml.processes.vp import VPCosine
from sciml.solvers.ddim import ddim
from sciml.solvers.ddpm import DDPM
from sciml.solvers.grids import uniform_grid
from sciml.solvers.integrate import integrate

PROCESS = VPCosine()


def test_the_states_are_those_at_every_few_times() -> None:
    teacher = GaussianDenoiser(PROCESS, torch.zeros(2).double(), torch.tensor([[0.5, 0.1], [0.1, 2.0]]).double())
    grid = uniform_grid(PROCESS, 6)
    x = PROCESS.prior((5, 2), generator=Generator().manual_seed(0), dtype=torch.float64)
    kept = walk(teacher, ddim(), x, grid, every=2, batch=2)
    assert len(kept) == 4 and torch.equal(kept[0], x)
    for k in (1, 2, 3):
        whole = integrate(ddim(), teacher, x, grid[: 2 * k + 1])  # of all at once, which some processors round otherwise
        torch.testing.assert_close(kept[k], whole, rtol=0, atol=1e-14)


def test_what_is_taken_apart_is_joined_again() -> None:
    state = GraphState(torch.randn(5, 3, 2), torch.randn(5, 3, 3), torch.rand(5, 3) > 0.5)
    parts = [take(state, slice(k, k + 2)) for k in (0, 2, 4)]
    joined = join_batches(parts)
    for name in ("x", "adj", "mask"):
        assert torch.equal(getattr(joined, name), getattr(state, name))
    assert join_batches([None, None]) is None


def test_what_cannot_be_repeated_or_kept_is_refused() -> None:
    teacher = GaussianDenoiser(PROCESS, torch.zeros(2).double(), torch.eye(2).double())
    x = torch.zeros(1, 2, dtype=torch.float64)
    with pytest.raises(ValueError, match="`solver` must be deterministic, got DDPM with fresh noise"):
        walk(teacher, DDPM(), x, uniform_grid(PROCESS, 4), every=2)
    with pytest.raises(ValueError, match="`grid` must have a multiple of 3 steps, got 4"):
        walk(teacher, ddim(), x, uniform_grid(PROCESS, 4), every=3)
