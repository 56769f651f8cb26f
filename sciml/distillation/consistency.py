"""Consistency: a student that is told any state of the flow and says where the flow ends.

The end as the student sees it is f(x_t, t) = jump(x_t, d(x_t, t), t, t_end), the state itself at t_end, and from every state
of one flow it is the same. So with r < t

    L = E w |f(x_t, t) - sg f(x_r, r)|_c,        |a|_c = sqrt(|a|^2 + c^2) - c,

where from x_t = alpha_t x_0 + sigma_t eps the other state is

    x_r = alpha_r x_0 + sigma_r eps              consistency training, which needs no teacher, or
    x_r = a step of the teacher's flow           consistency distillation.

The gap between r and t closes while one trains, kappa = sigma / alpha,

    kappa_r = kappa_t (1 - q^-(1 + floor(8 progress)) n(kappa_t)),        n = 1 + 8 sigmoid(-kappa_t),

down to r = t_end, and w = 1 / (kappa_t - kappa_r): easy tuning, which begins as the denoiser it was and ends as the map.

References:
    Song et al. (2023), arXiv 2303.01469, algorithms 2 and 3;
    Song and Dhariwal (2023), arXiv 2310.14189, section 3, for the norm and the law of noise levels;
    Geng et al. (2024), arXiv 2406.14548, equations 14 to 17, for the schedule.
"""

import math
from typing import Any

import torch
from jaxtyping import Float, Float64
from torch import Generator, Tensor, nn

from sciml.denoisers.denoiser import Denoiser
from sciml.distillation.jump import heun_jump, jump
from sciml.losses.times import TimeDistribution
from sciml.numerics.states import flatten
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import map_parts, noise_like, processes_of
from sciml.processes.process import Process

DOUBLINGS = 8  # of 1 / gap over a training


class ConsistencyObjective(nn.Module):
    """Called as objective(generator, x_0, cond or nothing).

    Args:
        student: in training; best as a copy of the teacher, so that it begins as a denoiser.
        teacher: whose flow is followed, with guidance if it is guided; None for consistency training.
        times: law of t, such as `focused_times(process, t_min, 1.0, mean=-1.0, deviation=1.6)`.
        t_end: where the flow ends; by default the process's shortest time.
        norm: c / sqrt(elements of a sample) of the norm, positive.
        ratio: q, above 1.
    """

    def __init__(
        self,
        student: Denoiser,
        teacher: Denoiser | None,
        times: TimeDistribution,
        *,
        t_end: float | None = None,
        norm: float = 0.03,
        ratio: float = 2.0,
    ) -> None:
        super().__init__()
        if not (ratio > 1 and norm > 0):
            raise ValueError(f"`ratio` must be above 1 and `norm` positive, got {ratio} and {norm}")
        self.student, self._teacher, self.times, self.norm, self.ratio = student, (teacher,), times, norm, ratio
        self.lead: GaussianProcess = processes_of(student.process)[-1]
        self.t_end = self.lead.t_min if t_end is None else t_end
        self.share = 0.0

    def advance(self, share: float) -> None:
        """Told before each step how much of the training is done, in [0, 1)."""
        self.share = share

    def forward(self, generator: Generator, x_0: Any, cond: Any = None) -> Float[Tensor, ""]:
        process, teacher = self.student.process, self._teacher[0]
        t = self.times(len(flatten(x_0)), generator).clamp(min=self.t_end)
        r = self.before(t)
        eps = noise_like(process, x_0, generator)
        x_t = interpolate(process, x_0, eps, t)
        if teacher is None:
            x_r = interpolate(process, x_0, eps, r)
        else:
            x_r = jump(process, x_t, heun_jump(teacher, x_t, t, r, cond), t, r)
        with torch.no_grad():
            target = flatten(self.end(x_r, r, cond))
        gap = flatten(self.end(x_t, t, cond)) - target
        scale = self.norm * gap.shape[1] ** 0.5
        distances = (gap.square().sum(1) + scale**2).sqrt() - scale
        return (distances / (self.kappa(t) - self.kappa(r)).clamp(min=1e-8).to(gap.dtype)).mean()

    def end(self, x_t: Any, t: Tensor, cond: Any = None) -> Any:
        """f(x_t, t)."""
        end = torch.tensor(self.t_end, dtype=torch.float64)
        return jump(self.student.process, x_t, self.student(x_t, t, cond).mean, t, end)

    def kappa(self, t: Float64[Tensor, "*times"]) -> Float64[Tensor, "*times"]:
        """sigma_t / alpha_t."""
        return torch.exp(-self.lead.lambda_(t))

    def before(self, t: Float64[Tensor, " batch"]) -> Float64[Tensor, " batch"]:
        """r, at the present share of the training."""
        kappa = self.kappa(t)
        factor = 1 + 8 * torch.sigmoid(-kappa)
        gap = self.ratio ** -(1 + math.floor(DOUBLINGS * self.share)) * factor
        earlier = kappa * (1 - gap).clamp(min=0)
        least = self.kappa(torch.tensor(self.t_end, dtype=torch.float64)).to(kappa)
        return self.lead.t_of_lambda(-torch.maximum(earlier, least).log()).clamp(min=self.t_end).minimum(t)


def interpolate(process: Process[Any], x_0: Any, eps: Any, t: Tensor) -> Any:
    """x_t = alpha_t x_0 + sigma_t eps, of each part of a state."""
    return map_parts(process, lambda part, data, noise: part.interpolate(data, noise, t), x_0, eps)
