"""PID: a student that obeys the equation of the probability flow, trained without data.

    L = E mean( d_t + (1 - e^(lambda_1 - lambda_t)) (d_t - d_s) / (lambda_t - lambda_s) - D(x_t, t) )^2,

over noise x_1 and neighbours t > s of a grid, at its end s being the time before; x_t is the student's own and D the
teacher's, which takes no gradient. See `trajectory` for d. At t = 1 it is the boundary condition, d_1 = D(x_1, 1).

Reference: Tee et al. (2024), arXiv 2411.08378, equations 10 to 12 and algorithm 1.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.distillation.jump import jump
from sciml.distillation.objective import DistillationObjective
from sciml.distillation.trajectory import Trajectory, check_course
from sciml.numerics.broadcasting import broadcast_time
from sciml.solvers.grids import Grid


class PIDObjective(DistillationObjective):
    """Called as objective(generator, x_0, cond or nothing); of x_0 only the shape is used.

    Args:
        student: in training.
        teacher: takes no gradient.
        grid: times at which the equation is asked for; its steps are those of the derivative.

    Raises:
        ValueError: see `check_course`.
    """

    student: Trajectory
    grid: Tensor

    def __init__(self, student: Trajectory, teacher: Denoiser, grid: Grid) -> None:
        super().__init__(student, teacher)
        check_course(student, teacher, grid)
        self.register_buffer("grid", grid)

    def forward(self, generator: Generator, x_0: Tensor, cond: Any = None) -> Float[Tensor, ""]:
        process, x_1 = self.student.process, noise_of(self.student, x_0, generator)
        last = len(self.grid) - 1
        at = torch.randint(last + 1, x_0.shape[:1], generator=generator, device=x_0.device)
        t, s = self.grid[at], self.grid[torch.where(at == last, last - 1, at + 1)]
        d_t, d_s = self.student.signal(x_1, t, cond), self.student.signal(x_1, s, cond)
        one = torch.ones((), dtype=torch.float64, device=t.device)
        now = process.lambda_(t)
        rate = -torch.expm1(process.lambda_(one) - now) / (now - process.lambda_(s))
        with torch.no_grad():
            said = self.teacher(jump(process, x_1, d_t, one, t), t, cond).mean
        return (d_t + broadcast_time(rate, d_t).to(d_t.dtype) * (d_t - d_s) - said).square().mean()


def noise_of(student: Trajectory, like: Tensor, generator: Generator) -> Tensor:
    """Starts of the flow, in the shape of data."""
    return student.process.prior(like.shape, generator=generator, dtype=like.dtype, device=like.device)
