"""Consistency without a teacher: two states of one noise are to end at the same data, and their times draw near.

With f(x_t, t) = jump(x_t, d(x_t, t), t, s) the end of the student's step and r < t

    L = E w |f(x_t, t) - sg f(x_r, r)|_c,        |a|_c = sqrt(|a|^2 + c^2) - c,
    x_t = alpha_t x_0 + sigma_t eps,        x_r = alpha_r x_0 + sigma_r eps.

The gap between r and t closes while one trains, kappa = sigma / alpha,

    kappa_r = kappa_t (1 - q^-(1 + floor(8 progress)) n(kappa_t)),        n = 1 + 8 sigmoid(-kappa_t),

never below the end s of the step, and w = 1 / (kappa_t - kappa_r): easy tuning, which begins as the denoiser it was and ends
as the map. With a teacher there is a better way, see `consistency`.

References:
    Song et al. (2023), arXiv 2303.01469, algorithm 3;
    Song and Dhariwal (2023), arXiv 2310.14189, section 3, for the norm and the law of noise levels;
    Geng et al. (2024), arXiv 2406.14548, equations 14 to 17, for the schedule;
    Heek et al. (2024), arXiv 2403.06807, for grids of several steps.
"""

import math
from typing import Any

import torch
from jaxtyping import Float, Float64
from torch import Generator, Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.distillation.jump import interpolate, jump
from sciml.distillation.objective import DistillationObjective
from sciml.distillation.segments import segment_of, whole_flow
from sciml.losses.times import TimeDistribution
from sciml.numerics.states import flatten
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import noise_like, processes_of
from sciml.solvers.grids import Grid

DOUBLINGS = 8  # of 1 / gap over a training


class ConsistencyTrainingObjective(DistillationObjective):
    """Called as objective(generator, x_0, cond or nothing).

    Args:
        student: in training; best begun as a denoiser.
        times: law of t, such as `focused_times(process, t_min, 1.0, mean=-1.0, deviation=1.6)`.
        grid: on which the student is to be sampled by DDIM; by default one step from 1 to the process's shortest time.
        norm: c / sqrt(elements of a sample) of the norm, positive.
        ratio: q, above 1.
    """

    student: Denoiser
    grid: Tensor

    def __init__(
        self,
        student: Denoiser,
        times: TimeDistribution,
        *,
        grid: Grid | None = None,
        norm: float = 0.03,
        ratio: float = 2.0,
    ) -> None:
        super().__init__(student, None)
        if not (ratio > 1 and norm > 0):
            raise ValueError(f"`ratio` must be above 1 and `norm` positive, got {ratio} and {norm}")
        self.times, self.norm, self.ratio, self.share = times, norm, ratio, 0.0
        self.lead: GaussianProcess = processes_of(student.process)[-1]
        self.register_buffer("grid", whole_flow(self.lead) if grid is None else grid)

    def advance(self, share: float) -> None:
        """Told before each step how much of the training is done, in [0, 1)."""
        self.share = share

    def forward(self, generator: Generator, x_0: Any, cond: Any = None) -> Float[Tensor, ""]:
        process = self.student.process
        t = self.times(len(flatten(x_0)), generator).maximum(self.grid[-1])
        r, eps = self.before(t), noise_like(process, x_0, generator)
        end = segment_of(self.grid, t)[1]
        with torch.no_grad():
            target = flatten(self.end(interpolate(process, x_0, eps, r), r, end, cond))
        gap = flatten(self.end(interpolate(process, x_0, eps, t), t, end, cond)) - target
        scale = self.norm * gap.shape[1] ** 0.5
        distances = (gap.square().sum(1) + scale**2).sqrt() - scale
        return (distances / (self.kappa(t) - self.kappa(r)).clamp(min=1e-8).to(gap.dtype)).mean()

    def end(self, x_t: Any, t: Tensor, s: Tensor, cond: Any = None) -> Any:
        """f(x_t, t)."""
        return jump(self.student.process, x_t, self.student(x_t, t, cond).mean, t, s)

    def kappa(self, t: Float64[Tensor, "*times"]) -> Float64[Tensor, "*times"]:
        """sigma_t / alpha_t."""
        return torch.exp(-self.lead.lambda_(t))

    def before(self, t: Float64[Tensor, " batch"]) -> Float64[Tensor, " batch"]:
        """r, at the present share of the training."""
        kappa, end = self.kappa(t), segment_of(self.grid, t)[1]
        factor = 1 + 8 * torch.sigmoid(-kappa)
        gap = self.ratio ** -(1 + math.floor(DOUBLINGS * self.share)) * factor
        earlier = torch.maximum(kappa * (1 - gap).clamp(min=0), self.kappa(end))
        return self.lead.t_of_lambda(-earlier.log()).maximum(end).minimum(t)
