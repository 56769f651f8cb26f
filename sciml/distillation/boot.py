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
from sciml.distillation.trajectory import ONE, Trajectory, check_course
from sciml.numerics.broadcasting import broadcast_time
from sciml.numerics.states import flatten, tensors_of
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import map_parts, prior_like
from sciml.solvers.grids import Grid


class BootObjective(DistillationObjective):
    """Called as objective(generator, x_0, cond or nothing); of x_0, which may be structured, only the shape is used.

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

    def forward(self, generator: Generator, x_0: Any, cond: Any = None) -> Float[Tensor, ""]:
        process, like = self.student.process, next(tensors_of(x_0))
        x_1 = prior_like(process, x_0, generator)
        at = torch.randint(len(self.grid) - 1, like.shape[:1], generator=generator, device=like.device)
        t, s = self.grid[at], self.grid[at + 1]

        def wrong(part: GaussianProcess, said: Tensor, wanted: Tensor) -> Tensor:
            return (said - wanted) / _share(part, said, t, s)

        return (
            flatten(map_parts(process, wrong, self.student.signal(x_1, s, cond), self.target(x_1, t, s, cond)))
            .square()
            .mean()
        )

    @torch.no_grad()
    def target(self, x_1: Any, t: Tensor, s: Tensor, cond: Any = None) -> Any:
        """What d_s is to be."""
        process, teacher = self.student.process, self.teacher
        d_t = self.student.signal(x_1, t, cond)
        x_t = jump(process, x_1, d_t, ONE, t)
        said = heun_jump(teacher, x_t, t, s, cond) if self.second_order else teacher(x_t, t, cond).mean
        return map_parts(process, lambda part, now, then: now + _share(part, now, t, s) * (then - now), d_t, said)


def _share(process: GaussianProcess, like: Tensor, t: Tensor, s: Tensor) -> Tensor:
    """w, of a shape that broadcasts to `like`."""
    then = process.lambda_(s)
    w = torch.expm1(process.lambda_(t) - then) / torch.expm1(process.lambda_(ONE) - then)
    return broadcast_time(w, like).to(like.dtype)
