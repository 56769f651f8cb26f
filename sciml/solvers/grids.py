"""Time grids: steps + 1 float64 times, strictly decreasing from t_start to t_end, both hit exactly."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float64
from torch import Tensor

from sciml.processes.gaussian import GaussianProcess
from sciml.processes.jump import JumpProcess

Grid = Float64[Tensor, " points"]


def uniform_grid(
    process: GaussianProcess | JumpProcess, steps: int, *, t_start: float = 1.0, t_end: float | None = None
) -> Grid:
    """Equal steps in t.

    Args:
        process: the process; gives `t_end` its default, `process.t_min`.
        steps: number of steps, at least 1.
        t_start: first time, in (t_end, 1].
        t_end: last time, in [0, t_start).
    """
    return _spaced(process, steps, t_start, t_end, forth=lambda t: t, back=lambda u: u)


def quadratic_grid(process: GaussianProcess, steps: int, *, t_start: float = 1.0, t_end: float | None = None) -> Grid:
    """Equal steps in sqrt(t), which are short near the data; arguments as in `uniform_grid`."""
    return _spaced(process, steps, t_start, t_end, forth=torch.sqrt, back=torch.square)


def log_snr_grid(process: GaussianProcess, steps: int, *, t_start: float = 1.0, t_end: float | None = None) -> Grid:
    """Equal steps in lambda, which must be finite at t_end; arguments as in `uniform_grid`."""
    return _spaced(process, steps, t_start, t_end, forth=process.lambda_, back=process.t_of_lambda)


def karras_grid(
    process: GaussianProcess, steps: int, *, t_start: float = 1.0, t_end: float | None = None, rho: float = 7.0
) -> Grid:
    """Equal steps in (sigma / alpha)^(1 / rho); other arguments as in `uniform_grid`.

    Args:
        rho: the larger, the more of the steps lie near the data; positive.

    Reference: Karras et al. (2022), arXiv 2206.00364, equation 5.
    """
    if not 0 < rho < math.inf:
        raise ValueError(f"`rho` must be positive and finite, got {rho}")
    return _spaced(
        process,
        steps,
        t_start,
        t_end,
        forth=lambda t: torch.exp(-process.lambda_(t) / rho),
        back=lambda u: process.t_of_lambda(-rho * u.log()),
    )


def sinh_grid(
    process: GaussianProcess, steps: int, *, t_start: float = 1.0, t_end: float | None = None, scale: float = 1.25
) -> Grid:
    """Equal steps in asinh(lambda / scale): short where signal and noise balance, long at either end.

    What data of unit deviation look like is decided about lambda = 0, on any schedule; far from it the flow is nearly that
    of a Gaussian. For solvers that take that part exactly this is the best of the grids here; others need shorter steps at
    the ends. Lambda must be finite at t_end; other arguments as in `uniform_grid`.

    Args:
        scale: half-width of the middle, in lambda; positive. Large, it is the grid of `log_snr_grid`.
    """
    if not 0 < scale < math.inf:
        raise ValueError(f"`scale` must be positive and finite, got {scale}")
    return _spaced(
        process,
        steps,
        t_start,
        t_end,
        forth=lambda t: torch.asinh(process.lambda_(t) / scale),
        back=lambda u: process.t_of_lambda(scale * torch.sinh(u)),
    )


def _spaced(
    process: GaussianProcess | JumpProcess,
    steps: int,
    t_start: float,
    t_end: float | None,
    *,
    forth: Callable[[Tensor], Tensor],
    back: Callable[[Tensor], Tensor],
) -> Grid:
    """Equal steps in u = forth(t), with t = back(u)."""
    t_end = process.t_min if t_end is None else t_end
    if steps < 1:
        raise ValueError(f"`steps` must be at least 1, got {steps}")
    if not 0 < t_start <= 1:
        raise ValueError(f"`t_start` must lie in (0, 1], got {t_start}")
    if not 0 <= t_end < t_start:
        raise ValueError(f"`t_end` must lie in [0, `t_start` = {t_start}), got {t_end}")
    first, last = forth(torch.tensor([t_start, t_end], dtype=torch.float64))
    if not bool(torch.isfinite(last)):
        raise ValueError(f"`t_end` must leave some noise on this grid, got {t_end}, where lambda is infinite")
    grid = back(first + (last - first) * torch.linspace(0, 1, steps + 1, dtype=torch.float64))
    grid[0], grid[-1] = t_start, t_end
    return grid
