"""The sampling loop."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import torch
from torch import Tensor

from sciml.denoisers.conditioned import Conditioned
from sciml.denoisers.counting import Counting
from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.halving import Halving
from sciml.numerics.states import all_finite
from sciml.solvers.solver import Solver

State = TypeVar("State")


@dataclass(frozen=True)
class Progress:
    """What a callback is told after each step.

    Args:
        index: number of the step, from 0.
        t: time the step came from.
        s: time it went to.
        x: state at time s.
        nfe: calls of the denoiser so far.
    """

    index: int
    t: float
    s: float
    x: Any
    nfe: int


def integrate(
    solver: Solver[State, Any],
    denoiser: Denoiser,
    x: State,
    grid: Tensor,
    *,
    cond: Any = None,
    generator: torch.Generator | None = None,
    callback: Callable[[Progress], object] | None = None,
) -> State:
    """Walks a state down the grid: the only sampling loop of the package.

    Gradient mode is left to the caller, for guidance and fine-tuning differentiate through samples: to sample without
    gradients call it under `torch.no_grad()`. Then, where memory does not suffice for the denoiser to be asked about all
    states at once, it is asked about halves, see `Halving`.

    Args:
        solver: makes the steps.
        denoiser: predicts the clean data.
        x: state at time grid[0], for instance `denoiser.process.prior(...)`.
        grid: float64 times, strictly decreasing within [0, 1]; see `sciml.solvers.grids`.
        cond: bound to the denoiser once, for every call.
        generator: source of randomness, which only a stochastic solver needs.
        callback: called after each step.

    Returns:
        The state at time grid[-1].

    Raises:
        ValueError: if the grid is none.
        FloatingPointError: if a step yields a state that is not finite.
    """
    times = _validated(grid)
    halving = Halving(denoiser)
    counting = Counting(halving if cond is None else Conditioned(halving, cond))
    memory = solver.init(counting, x, times)
    for index, (t, s) in enumerate(pairwise(times)):
        x, memory = solver.step(counting, x, t, s, memory, generator=generator)
        if not all_finite(x):
            raise FloatingPointError(f"state is not finite after step {index}, from t = {t.item()} to {s.item()}")
        if callback is not None:
            callback(Progress(index, t.item(), s.item(), x, counting.nfe))
    return x


def _validated(grid: Tensor) -> Tensor:
    """The grid, on the CPU, where scalar coefficients are cheap."""
    if grid.ndim != 1 or len(grid) < 2 or grid.dtype != torch.float64:
        raise ValueError(
            f"`grid` must be 1-D, float64, and have two points or more, got shape {tuple(grid.shape)} of {grid.dtype}"
        )
    times = grid.cpu()
    outside = ~((times >= 0) & (times <= 1))  # NaN is outside
    if outside.any():
        index = int(outside.nonzero()[0])
        raise ValueError(f"`grid[{index}]` must lie in [0, 1], got {times[index].item()}")
    rising = times.diff() >= 0
    if rising.any():
        index = int(rising.nonzero()[0]) + 1
        raise ValueError(
            f"`grid[{index}]` must be below `grid[{index - 1}]` = {times[index - 1].item()}, got {times[index].item()}"
        )
    return times
