"""BOOT: a student that goes one step of the teacher further than it went itself, trained without data.

    L = E mean( (d_s - sg[d_t + w (D - d_t)]) / w )^2,
    w = (1 - e^(lambda_t - lambda_s)) / (1 - e^(lambda_1 - lambda_s)),

over noise x_1 and neighbours t > s of a grid, D what the teacher says at the student's own x_t: the step of DDIM from there,
as the d that leads to it at once. From t = 1 on w = 1, the boundary condition. The error of the step adds up along the grid:
it takes a fine one, or D of both its ends (`second_order`).

Reference: Gu et al. (2023), arXiv 2306.05544, equations 7 to 9; w is exact where its Euler step is of first order.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.distillation.jump import heun_jump, jump
from sciml.distillation.objective import DistillationObjective
from sciml.distillation.pid import noise_of
from sciml.distillation.trajectory import Trajectory, check_course
from sciml.numerics.broadcasting import broadcast_time
from sciml.solvers.grids import Grid


class BootObjective(DistillationObjective):
    """Called as objective(generator, x_0, cond or nothing); of x_0 only the shape is used.

    Args:
        student: in training.
        teacher: takes no gradient.
        grid: whose steps are taken.
        second_order: whether the teacher is asked at both ends of a step.

    Raises:
        ValueError: see `check_course`.
    """

    student: Trajectory
    grid: Tensor

    def __init__(self, student: Trajectory, teacher: Denoiser, grid: Grid, *, second_order: bool = True) -> None:
        super().__init__(student, teacher)
        check_course(student, teacher, grid)
        self.second_order = second_order
        self.register_buffer("grid", grid)

    def forward(self, generator: Generator, x_0: Tensor, cond: Any = None) -> Float[Tensor, ""]:
        x_1 = noise_of(self.student, x_0, generator)
        at = torch.randint(len(self.grid) - 1, x_0.shape[:1], generator=generator, device=x_0.device)
        t, s = self.grid[at], self.grid[at + 1]
        target, w = self.target(x_1, t, s, cond)
        return ((self.student.signal(x_1, s, cond) - target) / w).square().mean()

    @torch.no_grad()
    def target(self, x_1: Tensor, t: Tensor, s: Tensor, cond: Any = None) -> tuple[Tensor, Tensor]:
        """What d_s is to be, and w, of a shape that broadcasts to it."""
        process, teacher = self.student.process, self.teacher
        one, then = torch.ones((), dtype=torch.float64), process.lambda_(s)
        w = torch.expm1(process.lambda_(t) - then) / torch.expm1(process.lambda_(one) - then)
        w = broadcast_time(w, x_1).to(x_1.dtype)
        d_t = self.student.signal(x_1, t, cond)
        x_t = jump(process, x_1, d_t, one, t)
        said = heun_jump(teacher, x_t, t, s, cond) if self.second_order else teacher(x_t, t, cond).mean
        return d_t + w * (said - d_t), w
