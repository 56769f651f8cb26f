"""Plain regression on what a teacher made: the rival that every distillation has to beat.

    L = E mean( d(x_1, t_end) - d* )^2,        jump(x_1, d*, 1, t_end) = the end of the teacher's flow from x_1,

over pairs that are made once, at the cost of all their calls.

Reference: Luhman and Luhman (2021), arXiv 2101.02388, section 3.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from sciml.denoisers.denoiser import Denoiser
from sciml.distillation.trajectory import Trajectory
from sciml.numerics.broadcasting import scaled_sum
from sciml.solvers.grids import Grid
from sciml.solvers.integrate import integrate
from sciml.solvers.solver import Solver


@torch.no_grad()
def teacher_pairs(
    teacher: Denoiser, solver: Solver[Tensor, Any], grid: Grid, x_1: Tensor, cond: Any = None, *, batch: int = 4096
) -> Tensor:
    """The end of the teacher's flow from each start.

    Args:
        teacher: whose flow.
        solver: deterministic.
        grid: from 1 to where the student is to lead.
        x_1: starts, batch first.
        cond: one for each start.
        batch: starts at a time.
    """
    if solver.stochastic:
        raise ValueError(f"`solver` must be deterministic, got {type(solver).__name__} with fresh noise")
    parts = [slice(k, k + batch) for k in range(0, len(x_1), batch)]
    return torch.cat([integrate(solver, teacher, x_1[p], grid, cond=None if cond is None else cond[p]) for p in parts])


class PairObjective(nn.Module):
    """Called as objective(generator, x_1, x_end, cond or nothing): noise, and where the flow takes it.

    Args:
        student: in training; where it ends the pairs must.
    """

    def __init__(self, student: Trajectory) -> None:
        super().__init__()
        self.student = student

    def forward(self, generator: Generator, x_1: Tensor, x_end: Tensor, cond: Any = None) -> Float[Tensor, ""]:
        process, student = self.student.process, self.student
        end, one = (torch.tensor(t, dtype=torch.float64) for t in (student.t_end, 1.0))
        kept = process.sigma(end) / process.sigma(one)
        reach = process.alpha(end) - kept * process.alpha(one)
        target = scaled_sum(1 / reach, x_end, -kept / reach, x_1)
        return (student.signal(x_1, end, cond) - target).square().mean()
