"""Where a solver takes many starts, remembered at some of its times: what a student of few steps is to repeat."""

from typing import Any

import torch

from sciml.denoisers.denoiser import Denoiser
from sciml.numerics.states import join_batches, take, tensors_of
from sciml.solvers.grids import Grid
from sciml.solvers.integrate import Progress, integrate
from sciml.solvers.solver import Solver


@torch.no_grad()
def walk(
    denoiser: Denoiser, solver: Solver[Any, Any], x: Any, grid: Grid, *, every: int, cond: Any = None, batch: int = 4096
) -> tuple[Any, ...]:
    """States at grid[0], grid[every], grid[2 every], ..., grid[-1].

    Args:
        denoiser: a teacher.
        solver: without fresh noise.
        x: starts at grid[0], batch first; may be structured.
        grid: its number of steps a multiple of `every`.
        every: steps from one state that is kept to the next.
        cond: one for each start.
        batch: starts at a time.

    Raises:
        ValueError: the solver adds noise, or the steps are no multiple.
    """
    if solver.stochastic:
        raise ValueError(f"`solver` must be deterministic, got {type(solver).__name__} with fresh noise")
    if every < 1 or (len(grid) - 1) % every:
        raise ValueError(f"`grid` must have a multiple of {every} steps, got {len(grid) - 1}")
    walked = []
    for first in range(0, len(next(tensors_of(x))), batch):
        part = slice(first, first + batch)
        states = [take(x, part)]

        def keep(progress: Progress, states: list[Any] = states) -> None:
            if (progress.index + 1) % every == 0:
                states.append(progress.x)

        integrate(solver, denoiser, states[0], grid, cond=take(cond, part), callback=keep)
        walked.append(states)
    return tuple(join_batches(each) for each in zip(*walked, strict=True))
