"""A student that knows where noise ends and all that lies between: the flow as a function of its start and of time.

    x_t = jump(x_1, d_t, 1, t),        d_t = d(x_1, t) by a network,

which is x_1 at t = 1 whatever the network says. For the flow of a teacher D, with lambda_t = log(alpha_t / sigma_t),

    d_t + (1 - e^(lambda_1 - lambda_t)) d d_t / d lambda = D(x_t, t):

what PID asks for. Used as a denoiser it answers one question, that of pure noise, and by one call.

Reference: Tee et al. (2024), arXiv 2411.08378, section 3; Gu et al. (2023), arXiv 2306.05544, section 3.1, whose signal y_t
is d_t where alpha_1 = 0.
"""

from typing import Any

import torch
from torch import Tensor, nn

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.distillation.jump import jump
from sciml.numerics.broadcasting import sample_times
from sciml.numerics.states import tensors_of
from sciml.processes.parts import map_parts, processes_of
from sciml.processes.process import Process
from sciml.solvers.grids import Grid

ONE = torch.ones((), dtype=torch.float64)


def check_course(student: "Trajectory", teacher: Denoiser, grid: Grid) -> None:
    """Whether a student can learn a teacher's flow on a grid.

    Raises:
        ValueError: the grid does not fall from 1 to the student's `t_end`, lambda is not finite on it, or the two have other
            processes.
    """
    if not (len(grid) > 1 and grid[0] == 1 and bool((grid.diff() < 0).all())):
        raise ValueError(f"`grid` must fall from 1, got {_shown(grid)}")
    if grid[-1] != student.t_end:
        raise ValueError(f"`grid` must end where the student does, at {student.t_end:g}, got {_shown(grid)}")
    ours, theirs = (torch.stack([part.lambda_(grid) for part in processes_of(it.process)]) for it in (student, teacher))
    if not bool(ours.isfinite().all()):
        raise ValueError(f"`grid` must leave some noise at its end, got {_shown(grid)}, where lambda is infinite")
    if not torch.equal(ours, theirs):
        raise ValueError("`student` and `teacher` must have one process, got two with other noise on `grid`")


def _shown(grid: Grid) -> str:
    return f"{grid[0].item():g} to {grid[-1].item():g}"


class Trajectory(Denoiser):
    """A denoiser for one call at t = 1.

    Args:
        net: called as net(x_1 / sigma_1, t, cond), the state with each part over its own sigma; returns d_t, a state.
        process: the teacher's, Gaussian or a product of such.
        t_end: where the flow ends; by default the shortest time that all parts can go to.
    """

    def __init__(self, net: nn.Module, process: Process[Any], t_end: float | None = None) -> None:
        super().__init__(process)
        self.net = net
        self.t_end = max(part.t_min for part in processes_of(process)) if t_end is None else t_end

    def signal(self, x_1: Any, t: Tensor, cond: Any = None) -> Any:
        """d_t, at one time for each sample or for all."""
        unit = map_parts(self.process, lambda part, x: x / part.sigma(ONE).to(x), x_1)
        like = next(tensors_of(unit))
        return self.net(unit, sample_times(t, like).to(like.dtype), cond)

    def state(self, x_1: Any, t: Tensor, cond: Any = None) -> Any:
        """x_t of the flow that starts at x_1."""
        return jump(self.process, x_1, self.signal(x_1, t, cond), ONE, t)

    def forward(self, x_t: Any, t: Tensor, cond: Any = None) -> Dirac[Any]:
        """d at `t_end`: the step of DDIM from 1 to there is the whole flow.

        Raises:
            ValueError: at another time than 1.
        """
        if not bool((t == 1).all()):
            raise ValueError(f"`t` must be 1: this student says only where noise ends, got {t.flatten()[0].item():g}")
        return Dirac(self.signal(x_t, torch.tensor(self.t_end, dtype=torch.float64), cond))
