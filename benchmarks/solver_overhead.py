"""What a solver costs beside its network: the time of a call whose answer costs nothing."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from solver_model import Candidate, Echo
from solver_ours import Asked
from torch import Tensor

from sciml.processes.vp import VPLinear
from sciml.solvers.grids import log_snr_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.solver import Solver

SMALL, LARGE = (1, 3), (256, 3, 32, 32)


def overhead(shape: tuple[int, ...], solver: Solver[Tensor, Any], steps: int, rounds: int) -> float:
    """Shortest seconds a step, sampling loop and its checks included."""
    echo = _echo(shape)
    grid, denoiser = log_snr_grid(echo.process, steps), Asked(echo)
    return shortest(lambda: integrate(solver, denoiser, echo.x, grid), rounds) / steps


def slope(candidate: Candidate, shape: tuple[int, ...], steps: tuple[int, int], rounds: int) -> float:
    """Seconds a call: the difference of two runs, so that what is done once for each grid drops out."""
    times, calls = [], []
    for n in steps:
        echo = _echo(shape)
        candidate.run(echo, n)
        calls.append(echo.calls)
        times.append(shortest(partial(candidate.run, echo, n), rounds))
    return (times[1] - times[0]) / (calls[1] - calls[0])


def whole(candidate: Candidate, shape: tuple[int, ...], steps: int, rounds: int) -> float:
    """Seconds a call of a whole run: where arrays are large, what is done once hardly counts."""
    echo = _echo(shape)
    candidate.run(echo, steps)
    calls = echo.calls
    return shortest(partial(candidate.run, echo, steps), rounds) / calls


def axpy(shape: tuple[int, ...], rounds: int) -> float:
    """Shortest seconds of x + a y."""
    x, y = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0))
    return shortest(lambda: torch.add(x, y, alpha=0.5), rounds)


def _echo(shape: tuple[int, ...]) -> Echo:
    return Echo(VPLinear(), torch.randn(shape, generator=torch.Generator().manual_seed(0)), 1e-3)


@torch.no_grad()
def shortest(work: Callable[[], object], rounds: int) -> float:
    """Seconds, of some rounds after one to warm up."""
    times = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times[1:])
