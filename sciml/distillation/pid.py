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
from sciml.distillation.trajectory import ONE, Trajectory, check_course
from sciml.numerics.broadcasting import broadcast_time
from sciml.numerics.states import flatten, tensors_of
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import map_parts, prior_like
from sciml.solvers.grids import Grid


class PIDObjective(DistillationObjective):
    """Called as objective(generator, x_0, cond or nothing); of x_0, which may be structured, only the shape is used.

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

    def forward(self, generator: Generator, x_0: Any, cond: Any = None) -> Float[Tensor, ""]:
        process, like = self.student.process, next(tensors_of(x_0))
        x_1, last = prior_like(process, x_0, generator), len(self.grid) - 1
        at = torch.randint(last + 1, like.shape[:1], generator=generator, device=like.device)
        t, s = self.grid[at], self.grid[torch.where(at == last, last - 1, at + 1)]
        d_t, d_s = self.student.signal(x_1, t, cond), self.student.signal(x_1, s, cond)
        with torch.no_grad():
            said = self.teacher(jump(process, x_1, d_t, ONE, t), t, cond).mean

        def residual(part: GaussianProcess, now: Tensor, then: Tensor, asked: Tensor) -> Tensor:
            lambda_t = part.lambda_(t)
            rate = -torch.expm1(part.lambda_(ONE) - lambda_t) / (lambda_t - part.lambda_(s))
            return now + broadcast_time(rate, now).to(now.dtype) * (now - then) - asked

        return flatten(map_parts(process, residual, d_t, d_s, said)).square().mean()
