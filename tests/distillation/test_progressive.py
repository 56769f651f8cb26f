"""Progressive distillation: the target is two steps of the teacher, and a student that knows them has no loss."""

from typing import Any

import pytest
import torch
from torch import Generator, Tensor

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.distillation.jump import jump
from sciml.distillation.progressive import ProgressiveObjective
from sciml.processes.vp import VPCosine, VPLinear
from sciml.solvers.ddim import ddim
from sciml.solvers.grids import uniform_grid
from sciml.solvers.integrate import integrate


def teacher_of(process) -> GaussianDenoiser:
    covariance = torch.tensor([[0.09, 0.03], [0.03, 0.25]], dtype=torch.float64)
    return GaussianDenoiser(process, torch.tensor([0.4, -0.2], dtype=torch.float64), covariance)


@pytest.mark.parametrize("process", [VPLinear(), VPCosine()])
def test_a_jump_of_the_target_is_two_steps_of_the_teacher(process) -> None:
    teacher, grid = teacher_of(process), uniform_grid(process, 4)
    x = process.prior((32, 2), generator=Generator().manual_seed(0), dtype=torch.float64)
    objective = ProgressiveObjective(teacher, teacher, grid)
    for k in (0, 2):
        t, r, s = grid[k : k + 3]
        found = jump(process, x, objective.target(x, t, r, s), t, s)
        torch.testing.assert_close(found, integrate(ddim(), teacher, x, grid[k : k + 3]))


class Knows(Denoiser):
    """Says the target, off by a number."""

    def __init__(self, objective: ProgressiveObjective, off: float) -> None:
        super().__init__(objective.student.process)
        self._objective, self.off = (objective,), off

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Dirac[Tensor]:
        grid = self._objective[0].grid
        at = (grid[None] - t[:, None]).abs().argmin(1)
        return Dirac(self._objective[0].target(x_t, t, grid[at + 1], grid[at + 2]) + self.off)


def test_the_loss_is_the_weighted_square_of_what_is_wrong() -> None:
    process, data = VPLinear(), torch.zeros(20_000, 2, dtype=torch.float64)
    teacher, grid = teacher_of(process), uniform_grid(process, 4)
    objective = ProgressiveObjective(teacher, teacher, grid)
    weights = torch.exp(2 * process.lambda_(grid[[0, 2]])).clamp(min=1)
    for off in (0.0, 0.5):
        objective.student = Knows(objective, off)
        loss = objective(Generator().manual_seed(0), data).item()
        assert loss == pytest.approx(off**2 * weights.mean().item(), rel=0.02, abs=1e-20)


def test_an_odd_number_of_steps_is_refused() -> None:
    teacher = teacher_of(VPLinear())
    with pytest.raises(ValueError, match="`grid` must have an even number of steps, got 3"):
        ProgressiveObjective(teacher, teacher, uniform_grid(teacher.process, 3))
