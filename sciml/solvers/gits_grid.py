"""GITS: the grid along which DDIM strays least from a few reference trajectories of the model, by dynamic programming.

The reference is followed on a fine grid. The cost of a step from fine point i to fine point j is how far one step of DDIM
from the reference at i ends from the reference at j,

    c_ij = mean over samples of |y_j - (s_j / s_i) y_i - (1 - s_j / s_i) D(y_i)|,      y = x / alpha,  s = sigma / alpha,

and the grid of N steps is the path i_0 = 0 < ... < i_N through the fine grid with the least sum_n growth^n c_{i_n i_(n+1)}.
It is cheap: the model is called twice at every fine point, whatever the number of steps. A sum of local errors is not the
global error; the authors weigh them by growth = 1.15 for that.

Reference: Chen et al. (2024), arXiv 2405.11326 (GITS); their fine grid is ours, Karras's of 60 steps.
"""

import math

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from sciml.denoisers.conditioned import Conditioned
from sciml.denoisers.denoiser import Denoiser, gaussian_process
from sciml.solvers.dpm_solver import dpm_solver_pp_multistep
from sciml.solvers.grids import Grid, karras_grid
from sciml.solvers.integrate import Progress, integrate


@torch.no_grad()
def gits_grid(
    denoiser: Denoiser,
    x: Float[Tensor, "batch *space"],
    steps: int,
    *,
    fine: int = 60,
    t_start: float = 1.0,
    t_end: float | None = None,
    growth: float = 1.15,
    cond: object = None,
) -> Grid:
    """The grid of a model for DDIM, of times that a Karras grid of `fine` steps holds.

    Args:
        denoiser: the model; its process is Gaussian.
        x: a few states at time t_start; 16 to 256 do.
        steps: number of steps, at least 1.
        fine: steps of the grid it is chosen from, at least `steps`.
        t_start: first time, in (t_end, 1].
        t_end: last time, below t_start, where some noise is left; `process.t_min` by default.
        growth: weight of each step over that of the one before it, positive.
        cond: bound to the denoiser.

    Reference: see the module.
    """
    if not 1 <= steps <= fine:
        raise ValueError(f"`steps` must lie in [1, `fine` = {fine}], got {steps}")
    times = karras_grid(gaussian_process(denoiser), fine, t_start=t_start, t_end=t_end)
    if gaussian_process(denoiser).sigma(times[-1]) == 0:
        raise ValueError(f"`t_end` must leave some noise, got {t_end}")
    bound = denoiser if cond is None else Conditioned(denoiser, cond)
    return times[cheapest_path(step_costs(bound, x, times), steps, growth)]


@torch.no_grad()
def step_costs(denoiser: Denoiser, x: Float[Tensor, "batch *space"], times: Grid) -> Float64[Tensor, "points points"]:
    """c_ij for i < j, infinite otherwise; see the module.

    Args:
        denoiser: the model.
        x: states at time times[0].
        times: the fine grid.
    """
    process, states = gaussian_process(denoiser), [x]

    def keep(progress: Progress) -> None:
        states.append(progress.x)

    integrate(dpm_solver_pp_multistep(2), denoiser, x, times, callback=keep)
    s, ys = (
        process.sigma(times) / process.alpha(times),
        [state / process.alpha(t) for state, t in zip(states, times, strict=True)],
    )
    costs = torch.full((len(times), len(times)), math.inf, dtype=torch.float64)
    for i, t in enumerate(times[:-1]):
        mean = denoiser(states[i], t).mean
        for j in range(i + 1, len(times)):
            reached = torch.lerp(mean, ys[i], (s[j] / s[i]).to(x.dtype))
            costs[i, j] = (ys[j] - reached).flatten(1).norm(dim=1).mean()
    return costs


def cheapest_path(costs: Float64[Tensor, "points points"], steps: int, growth: float = 1.0) -> list[int]:
    """The path of so many steps from the first point to the last with the least sum_n growth^n costs[i_n, i_(n+1)].

    Args:
        costs: of a step from point i to point j > i; infinite where there is none.
        steps: at least 1 and below the number of points.
        growth: weight of each step over that of the one before it, positive.
    """
    if not 1 <= steps < len(costs):
        raise ValueError(f"`steps` must lie in [1, {len(costs) - 1}], one less than the points, got {steps}")
    if not 0 < growth < math.inf:
        raise ValueError(f"`growth` must be positive and finite, got {growth}")
    best, came_from = costs[0], []
    for n in range(1, steps):
        best, before = (best[:, None] + growth**n * costs).min(0)
        came_from.append(before)
    path = [len(costs) - 1]
    for before in reversed(came_from):
        path.append(int(before[path[-1]]))
    return [0, *reversed(path)]
