"""Progressive distillation: a student that does in one step of DDIM what its teacher does in two, again and again.

Two steps t > r > s of the teacher, which says d_t and then d_r, are one jump of

    d = ((e^lambda_r - e^lambda_t) d_t + (e^lambda_s - e^lambda_r) d_r) / (e^lambda_s - e^lambda_t),

and the student learns to say so, L = E mean( max(1, alpha_t^2 / sigma_t^2) (d(x_t, t) - d)^2 ). Then it is the next teacher,
of half the steps.

Reference: Salimans and Ho (2022), arXiv 2202.00512, algorithm 2 and section 4 for the weight.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.distillation.jump import interpolate, jump
from sciml.distillation.objective import DistillationObjective
from sciml.numerics.broadcasting import broadcast_time
from sciml.numerics.states import flatten
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import map_parts, noise_like, processes_of
from sciml.solvers.grids import Grid


class ProgressiveObjective(DistillationObjective):
    """Called as objective(generator, x_0, cond or nothing).

    Args:
        student: in training; begins as a copy of the teacher.
        teacher: takes no gradient.
        grid: of the teacher's steps, an even number; the student's is every second time of it.
    """

    student: Denoiser
    grid: Tensor

    def __init__(self, student: Denoiser, teacher: Denoiser, grid: Grid) -> None:
        super().__init__(student, teacher)
        if len(grid) % 2 == 0 or len(grid) < 3:
            raise ValueError(f"`grid` must have an even number of steps, got {len(grid) - 1}")
        self.register_buffer("grid", grid)

    def forward(self, generator: Generator, x_0: Any, cond: Any = None) -> Float[Tensor, ""]:
        process, rows = self.student.process, flatten(x_0)
        at = 2 * torch.randint(len(self.grid) // 2, rows.shape[:1], generator=generator, device=rows.device)
        t = self.grid[at]
        x_t = interpolate(process, x_0, noise_like(process, x_0, generator), t)
        target = self.target(x_t, t, self.grid[at + 1], self.grid[at + 2], cond)
        wrong = flatten(self.student(x_t, t, cond).mean) - flatten(target)
        ratio = torch.exp(2 * processes_of(process)[-1].lambda_(t)).clamp(min=1)
        return (broadcast_time(ratio, wrong).to(wrong.dtype) * wrong.square()).mean()

    @torch.no_grad()
    def target(self, x_t: Any, t: Tensor, r: Tensor, s: Tensor, cond: Any = None) -> Any:
        """d, by two calls of the teacher."""
        teacher, process = self.teacher, self.student.process
        first = teacher(x_t, t, cond).mean
        second = teacher(jump(process, x_t, first, t, r), r, cond).mean

        def mean(part: GaussianProcess, a: Tensor, b: Tensor) -> Tensor:
            now, half, then = (part.lambda_(broadcast_time(time, a)) for time in (t, r, s))
            share = torch.expm1(half - now) / torch.expm1(then - now)
            return torch.lerp(b, a, share.to(a.dtype))

        return map_parts(process, mean, first, second)
