"""The steps of a student's grid, 1 = t_0 > ... > t_N: a student of N steps leads each time to the end of its step.

Reference: Heek, Hoogeboom and Salimans (2024), arXiv 2403.06807, section 3.
"""

import torch
from jaxtyping import Float64
from torch import Generator, Tensor

from sciml.losses.times import uniform_times
from sciml.processes.gaussian import GaussianProcess
from sciml.solvers.grids import Grid


def whole_flow(process: GaussianProcess) -> Grid:
    """The grid of one step."""
    return torch.tensor([1.0, process.t_min], dtype=torch.float64)


def segment_of(grid: Grid, t: Float64[Tensor, " batch"]) -> tuple[Tensor, Tensor]:
    """(t_k, t_k+1) with t_k+1 < t <= t_k; of the last time of the grid the last step."""
    after = torch.searchsorted(-grid, -t, right=True).clamp(1, len(grid) - 1)
    return grid[after - 1], grid[after]


def segment_times(
    process: GaussianProcess, grid: Grid, at_start: float, n: int, generator: Generator
) -> Float64[Tensor, " n"]:
    """Times for training: every step equally often, its beginning with a share of its own, the others even in lambda.

    Args:
        process: whose lambda, finite throughout the grid.
        grid: of the student.
        at_start: share of the beginnings, which alone are asked about in sampling.
        n: how many.
        generator: source of randomness.
    """
    place = uniform_times(0.0)(n, generator) * (len(grid) - 1)
    k = place.long().clamp(max=len(grid) - 2)
    way = (((place - k) - at_start) / max(1 - at_start, 1e-9)).clamp(0, 1)
    return between(process, grid[k], grid[k + 1], way)


def between(process: GaussianProcess, t: Tensor, s: Tensor, way: Tensor | float) -> Float64[Tensor, " batch"]:
    """The time at a share of the way from t to s in lambda, both hit exactly."""
    share = torch.as_tensor(way, device=t.device).to(t.dtype)
    inside = process.t_of_lambda(torch.lerp(process.lambda_(t), process.lambda_(s), share)).minimum(t).maximum(s)
    return torch.where(share <= 0, t, torch.where(share >= 1, s, inside))
