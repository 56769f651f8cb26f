r"""Forced viscous Burgers equation in one dimension, by batched finite volumes.

    u_t = -(u^2 / 2)_x + nu u_xx + f(x, t),    x in [0, 1],  u(0, t) = u(1, t) = 0.

Points are the n interior nodes x_i = (i + 1) / (n + 1), i = 0 .. n - 1; the walls are nodes too, where u is 0, and
are not stored. So grids of 119, 239 and 479 points nest. Beyond a wall u is continued as an odd function, which the
equation keeps.

Space: each node's volume reaches half-way to its neighbours. The slopes of a reconstruction are Koren's (1993),
third-order upwind-biased (kappa = 1/3) where the solution is smooth, limited to minus/plus the one-sided differences
where it is not; the flux between left and right states L, R is Godunov's, exact for a convex flux:
max(L, -R, 0)^2 / 2. Diffusion is the three-point difference, so the whole is second order.

Time: SSPRK(4, 2), four stages of step h, of which the solution advances three, Ketcheson (2008). Each stage is
total-variation diminishing when h (2 max|u| / dx + 2 nu / dx^2) <= 1; `cfl` is the share of that bound that is used.
The step is fixed over a stored interval, from the maximum principle: |u| <= max|u_k| + (interval) max|f_k| holds to
its end. It is shared by the batch, so a trajectory's values depend on its batch mates by the error of time stepping,
unless `speed` is given, a common bound on |u|.

Reference:
    Koren 1993, A robust upwind discretization method for advection, diffusion and source terms.
    Ketcheson 2008, doi:10.1137/07070485X, section 4.1 (SSPRK(s, 2), the optimal second-order family).
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.io.errors import InputError

_STAGES = 4
_MOST_STEPS = 1_000_000  # in a stored interval; beyond, the input is absurd


def nodes(points: int, *, dtype: torch.dtype = torch.float64) -> Float[Tensor, " points"]:
    """Interior nodes x_i = (i + 1) / (n + 1) of [0, 1], non-dimensional."""
    return torch.arange(1, points + 1, dtype=dtype) / (points + 1)


def flux_difference(u: Float[Tensor, "points batch"], ratio: float) -> Float[Tensor, "points batch"]:
    r"""8 (G_{i+1/2} - G_{i-1/2}) with the total flux G = u^2/2 - nu u_x through the faces of each volume.

    The factor saves operations: slopes over the whole volume, not half of it, and twice the states at the faces.

    Args:
        u: Field at the interior nodes.
        ratio: 8 nu / dx, non-dimensional.
    """
    wall = torch.zeros_like(u[:1])
    u = torch.cat([-u[:1], wall, u, wall, -u[-1:]])
    d = u[1:] - u[:-1]
    left, right = d[:-1], d[1:]
    lowest = 2.0 * torch.maximum(left, right).clamp_max(0.0)
    highest = 2.0 * torch.minimum(left, right).clamp_min(0.0)
    to_right = torch.clamp(torch.lerp(left, right, 2.0 / 3.0), lowest, highest)
    to_left = torch.clamp(torch.lerp(right, left, 2.0 / 3.0), lowest, highest)
    speed = torch.maximum(
        torch.add(to_right[:-1], u[1:-2], alpha=2.0), torch.add(to_left[1:], u[2:-1], alpha=-2.0)
    ).clamp_min(0.0)
    flux = torch.add(speed * speed, d[1:-1], alpha=-ratio)
    return flux[1:] - flux[:-1]


def solve(
    u0: Float[Tensor, "batch points"],
    forcing: Float[Tensor, "batch intervals points"],
    *,
    viscosity: float = 0.01,
    duration: float = 8.0,
    cfl: float = 0.9,
    speed: float = 0.0,
) -> Float[Tensor, "batch frames points"]:
    """Solves the equation from `u0` under `forcing`; differentiable with respect to both.

    Args:
        u0: u(x, 0), non-dimensional, on interior nodes.
        forcing: f, constant in time over each of the intervals of length duration / intervals.
        viscosity: nu >= 0, non-dimensional.
        duration: T > 0, non-dimensional.
        cfl: Share of the largest stable step, in (0, 1].
        speed: Steps are no longer than those for |u| = speed >= 0; where that bound holds they do not depend on the
            data, so neither does a trajectory on its batch.

    Returns:
        u at the start and after each interval: frames = intervals + 1.

    Raises:
        InputError: A parameter out of range, input that is not finite, or so large that steps would be without end.
    """
    _check(u0, forcing, viscosity, duration, cfl)
    interval = duration / forcing.shape[1]
    dx = 1.0 / (u0.shape[1] + 1)
    u = u0.T.contiguous()
    frames = [u]
    f_largest = forcing.detach().abs().amax(dim=(0, 2)).tolist()
    for k, f_k in enumerate(forcing.permute(1, 2, 0).contiguous()):
        u_largest = float(u.detach().abs().max()) + interval * f_largest[k]
        u_largest = max(speed, u_largest)
        steps = _steps(interval * (2 * u_largest / dx + 2 * viscosity / dx**2) / cfl, k)
        u = _advance(u, f_k, interval / steps, steps, viscosity, dx)
        frames.append(u)
    return torch.stack(frames).permute(2, 0, 1).contiguous()


def _advance(u: Tensor, f: Tensor, dt: float, steps: int, viscosity: float, dx: float) -> Tensor:
    """`steps` steps of SSPRK(4, 2), each of length dt."""
    h = dt / (_STAGES - 1)
    h_f = h * f
    for _ in range(steps):
        y = u
        for _ in range(_STAGES):
            y = torch.add(y + h_f, flux_difference(y, 8 * viscosity / dx), alpha=-h / (8 * dx))
        u = torch.lerp(y, u, 1.0 / _STAGES)
    return u


def _steps(stages: float, interval: int) -> int:
    """Steps that advance by `stages` largest stable stages; _STAGES - 1 of them count in a step."""
    if not stages < _MOST_STEPS * (_STAGES - 1):
        raise InputError(f"interval {interval}: |u| or |f| so large that {stages:.3g} stages are needed; rescale them")
    return max(1, math.ceil(stages / (_STAGES - 1)))


def _check(u0: Tensor, forcing: Tensor, viscosity: float, duration: float, cfl: float) -> None:
    batch, points = u0.shape
    if forcing.shape[0] != batch or forcing.shape[2] != points or forcing.shape[1] < 1 or points < 3 or batch < 1:
        raise InputError(
            "`forcing` must be (batch, intervals, points) for `u0` (batch, points), at least 1, 1 and 3; "
            f"got {tuple(forcing.shape)} and {tuple(u0.shape)}"
        )
    if not (math.isfinite(viscosity) and viscosity >= 0):
        raise InputError(f"`viscosity` must be finite and at least 0, got {viscosity}")
    if not (math.isfinite(duration) and duration > 0):
        raise InputError(f"`duration` must be finite and above 0, got {duration}")
    if not 0 < cfl <= 1:
        raise InputError(f"`cfl` must lie in (0, 1], got {cfl}")
    for name, field in (("u0", u0), ("forcing", forcing)):
        finite = torch.isfinite(field.detach()).flatten(1).all(1)
        if not finite.all():
            raise InputError(f"`{name}` of trajectory {int((~finite).nonzero()[0])} is not finite")
