"""Simulated trajectories of the forced Burgers equation, in the distribution of WDNO.

u_0(x) = a_1 g(x; b_1, s_1) + a_2 g(x; b_2, s_2),  g(z; b, s) = exp(-(z - b)^2 / (2 s^2)),
    a_1 in U(0, 2), b_1 in U(.2, .4);  a_2 in U(-2, 0), b_2 in U(.6, .8);  s_1, s_2 in U(.05, .15).
f(x, t) = sum of eight terms on 2 a g(x; b, s) g(t / T; c, r),
    a in U(-1.5, 1.5), b and c in U(0, 1), s and r in U(.1, .4);  the first is always on, the others with p = 1/2.

Interval k of K takes f at t / T = (k + 1) / (K + 1), as the authors' code does. All quantities are non-dimensional.

Trajectory i of a seed is row i of one block of uniform float64 numbers, 54 a row (`PARAMETERS`): it depends on
(seed, i) alone, not on how many trajectories are drawn or in what batches they are simulated. The time steps are those
for |u| = 4, which bounds |u| (at most 3.96 over an interval, in 2048 trajectories); a batch in which it is exceeded
takes shorter ones.

Reference:
    Hu et al. 2024, Wavelet Diffusion Neural Operator, arXiv:2412.04833, appendix on the 1-D Burgers data.
"""

import math
from collections.abc import Callable
from importlib.metadata import version

import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from sciml.io.errors import InputError
from sciml.pde.equations.burgers import nodes, solve

_TERMS = 8
PARAMETERS = 6 + 6 * _TERMS
_SPEED = 4.0  # a bound on |u|, non-dimensional
_UNITS = {"units": "non-dimensional"}


def draw(trajectories: int, seed: int) -> Float[Tensor, "trajectory parameter"]:
    """One row of `PARAMETERS` uniform numbers in [0, 1) for each trajectory, float64."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(trajectories, PARAMETERS, generator=generator, dtype=torch.float64)


def _gauss(z: Tensor, centre: Tensor, width: Tensor) -> Tensor:
    return torch.exp(-0.5 * ((z - centre[..., None]) / width[..., None]) ** 2)


def initial(draws: Float[Tensor, "trajectory parameter"], x: Float[Tensor, " x"]) -> Float[Tensor, "trajectory x"]:
    """u_0 at x. Numbers 0 to 5 of a row: amplitude, centre, width of either Gaussian, in turn."""
    a_1, b_1, s_1, a_2, b_2, s_2 = draws[:, :6].T
    first = 2 * a_1[:, None] * _gauss(x, 0.2 + 0.2 * b_1, 0.05 + 0.1 * s_1)
    return first + (2 * a_2[:, None] - 2) * _gauss(x, 0.6 + 0.2 * b_2, 0.05 + 0.1 * s_2)


def forcing(
    draws: Float[Tensor, "trajectory parameter"], x: Float[Tensor, " x"], intervals: int
) -> Float[Tensor, "trajectory interval x"]:
    """f at x in each interval. Numbers 6 + 6 j to 11 + 6 j: on, amplitude, b, s, c, r of term j."""
    on, a, b, s, c, r = draws[:, 6:].reshape(-1, _TERMS, 6).unbind(-1)
    present = on < 0.5
    present[:, 0] = True
    amplitude = 2 * (3 * a - 1.5) * present
    in_x = _gauss(x, b, 0.1 + 0.3 * s) * amplitude[..., None]
    in_t = _gauss(nodes(intervals, dtype=x.dtype), c, 0.1 + 0.3 * r)
    return torch.einsum("bjk,bjx->bkx", in_t, in_x)


def interpolation(points: int, solver_points: int) -> Float[Tensor, "points solver_points"]:
    """Matrix of four-point Lagrange interpolation from one interior grid to a coarser one, walls at 0 included.

    Where a stored point is a solver point (grids that nest) its row is that unit vector: the value itself is kept.
    """
    m = solver_points + 1
    position = nodes(points) * m  # in solver spacings from the wall at x = 0
    first = (position.floor().long() - 1).clamp(0, m - 3)
    stencil = first[:, None] + torch.arange(4)
    weights = torch.ones(points, 4, dtype=torch.float64)
    for i in range(4):
        for j in range(4):
            if j != i:
                weights[:, i] *= (position - stencil[:, j]) / (stencil[:, i] - stencil[:, j])
    full = torch.zeros(points, m + 1, dtype=torch.float64).scatter_(1, stencil, weights)
    return full[:, 1:-1]


def simulate(
    trajectories: int,
    *,
    points: int = 120,
    intervals: int = 80,
    solver_points: int = 120,
    viscosity: float = 0.01,
    duration: float = 8.0,
    seed: int = 0,
    batch: int = 256,
    progress: Callable[[int, int], None] | None = None,
) -> xr.Dataset:
    """Draws and solves trajectories.

    Args:
        trajectories: How many, at least 1.
        points: Interior points stored, at least 3.
        intervals: Stored intervals, each with a constant forcing; one more frame of u is stored.
        solver_points: Points of the solver, at least `points`. The fields are interpolated to the stored points by
            cubics, exactly where (solver_points + 1) is a multiple of (points + 1): 241 or 483 for 120.
        viscosity: nu > 0, non-dimensional.
        duration: T > 0, non-dimensional.
        seed: Seed of the draw, at least 0.
        batch: Trajectories solved together: 256 cost half as much a trajectory as 64.
        progress: Called with (done, trajectories) after each batch.

    Returns:
        u (trajectory, time, x) and forcing (trajectory, interval, x), float32.

    Raises:
        InputError: A parameter out of range.
        FloatingPointError: A result that is not finite, naming the trajectory.
    """
    _check(trajectories, points, intervals, solver_points, batch, seed)
    if not (math.isfinite(viscosity) and viscosity > 0):
        raise InputError(f"`viscosity` must be finite and above 0, got {viscosity}")
    draws = draw(trajectories, seed)
    x, stored_x = nodes(solver_points), nodes(points)
    reduce = interpolation(points, solver_points).float().T.contiguous()
    u = torch.empty(trajectories, intervals + 1, points)
    f = torch.empty(trajectories, intervals, points)
    for start in range(0, trajectories, batch):
        rows = draws[start : start + batch]
        f_solver = forcing(rows, x, intervals).float()
        with torch.no_grad():
            fields = solve(initial(rows, x).float(), f_solver, viscosity=viscosity, duration=duration, speed=_SPEED)
        u[start : start + batch] = fields @ reduce
        f[start : start + batch] = forcing(rows, stored_x, intervals).float()
        _check_finite(u[start : start + batch], start)
        if progress is not None:
            progress(min(start + batch, trajectories), trajectories)
    dataset = _dataset(u, f, duration)
    return dataset.assign_attrs(viscosity=viscosity, solver_points=solver_points, seed=seed, batch=batch)


def _check(trajectories: int, points: int, intervals: int, solver_points: int, batch: int, seed: int) -> None:
    limits = {
        "trajectories": (trajectories, 1),
        "points": (points, 3),
        "intervals": (intervals, 1),
        "solver_points": (solver_points, points),
        "batch": (batch, 1),
        "seed": (seed, 0),
    }
    for name, (value, least) in limits.items():
        if value < least:
            raise InputError(f"`{name}` must be at least {least}, got {value}")


def _check_finite(u: Tensor, start: int) -> None:
    broken = ~torch.isfinite(u).flatten(1).all(1)
    if broken.any():
        raise FloatingPointError(f"u of trajectory {start + int(broken.nonzero()[0])} is not finite")


def _dataset(u: Tensor, f: Tensor, duration: float) -> xr.Dataset:
    intervals = f.shape[1]
    times = torch.arange(intervals + 1, dtype=torch.float64) * (duration / intervals)
    middles = (torch.arange(intervals, dtype=torch.float64) + 0.5) * (duration / intervals)
    return xr.Dataset(
        {
            "u": (("trajectory", "time", "x"), u.numpy(), {**_UNITS, "long_name": "velocity"}),
            "forcing": (("trajectory", "interval", "x"), f.numpy(), {**_UNITS, "long_name": "body force"}),
        },
        coords={
            "time": ("time", times.numpy(), _UNITS),
            "interval": ("interval", middles.numpy(), {**_UNITS, "long_name": "middle of the interval"}),
            "x": ("x", nodes(u.shape[2]).numpy(), _UNITS),
        },
        attrs={
            "title": "Forced viscous Burgers equation in one dimension, from u at t = 0 and the forcing at all times.",
            "equation": "u_t = -(u^2/2)_x + viscosity u_xx + forcing, u = 0 at x = 0 and x = 1",
            "solver": "finite volumes, Koren limiter, Godunov flux, SSPRK(4,2)",
            "package_version": version("sciml"),
        },
    )
