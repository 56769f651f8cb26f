"""Variational diffusion distillation: a mixture of Gaussian experts as the student of a score.

The student minimises KL(q_t || p_t), both laws corrupted to time t. With a bound that is tight at the responsibilities
r(z | x) of the student as it was, each expert has an objective of its own, to be maximised,

    E_{x ~ q_t(x | z)} [ sg(score_t(x)) . x + log r(z | x) ] + H(q_t(. | z)),

to which the teacher gives its score alone, (alpha_t D(x, t) - x) / sigma_t^2. The weights of the experts maximise what data,
or samples of the teacher, say of them, E sum_z r(z | x) log g_z, which covers modes that the first would leave.

The published objective takes the score at x as it is; here x is noised as the score's law is, so that what is minimised is
the same at every t, and t may be large to begin with, when modes are one.

Reference: Zhou et al. (2024), arXiv 2406.12538, equations 5 to 10.
"""

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from sciml.denoisers.denoiser import Denoiser, gaussian_process
from sciml.distillation.experts import GaussianExperts, Mixture, points_of
from sciml.distillation.objective import DistillationObjective
from sciml.processes.gaussian import GaussianProcess


class VariationalObjective(DistillationObjective):
    """Called as objective(generator, x, cond or nothing): x are data, or samples of the teacher, (batch, n).

    Args:
        student: in training.
        teacher: of states (batch, n); takes no gradient.
        first, last: sigma / alpha of the noise at the beginning and from half of the training on, in units of the data.
        draws: of each expert in a step.
    """

    student: GaussianExperts

    def __init__(self, student: GaussianExperts, teacher: Denoiser, *, first: float, last: float, draws: int = 64) -> None:
        super().__init__(student, teacher)
        if not 0 < last <= first:
            raise ValueError(f"`first` must be at least `last` and that above 0, got {first} and {last}")
        for level in (first, last):
            if not 0 <= self._time(gaussian_process(teacher), level).item() <= 1:
                raise ValueError(f"`first` and `last` must be noise that the teacher's process has, got {level:g}")
        self.first, self.last, self.draws = first, last, draws
        self.share = 0.0

    def advance(self, share: float) -> None:
        """Told before each step how much of the training is done, in [0, 1)."""
        self.share = share

    def forward(self, generator: Generator, x: Tensor, cond: Any = None) -> Float[Tensor, ""]:
        process = gaussian_process(self.teacher)
        level = self.first * (self.last / self.first) ** min(1.0, 2 * self.share)
        t = self._time(process, level)
        seen = self.student(cond).corrupted(process.alpha(t).to(x), process.sigma(t).to(x))
        return self._experts(seen, t, generator, cond) + self._gates(x, cond)

    @staticmethod
    def _time(process: GaussianProcess, level: float) -> Tensor:
        return process.t_of_lambda(torch.tensor(-math.log(level), dtype=torch.float64))

    def _experts(self, seen: Mixture, t: Tensor, generator: Generator, cond: Any) -> Float[Tensor, ""]:
        """The negative of what experts maximise, their mean."""
        shape = (*seen.means.shape[:2], self.draws, seen.means.shape[-1], 1)
        noise = torch.randn(shape, generator=generator, device=seen.means.device, dtype=seen.means.dtype)
        x = seen.means[:, :, None] + (seen.factors[:, :, None] @ noise)[..., 0]
        own = seen.detached().log_joint(x.flatten(1, 2)).log_softmax(-1).unflatten(1, x.shape[1:3])
        log_r = own.diagonal(dim1=1, dim2=3).transpose(1, 2)
        bound = (self._score(x, t, cond) * x).sum(-1) + log_r
        return -(bound.mean(-1) + seen.entropies()).mean()

    @torch.no_grad()
    def _score(self, x: Tensor, t: Tensor, cond: Any) -> Float[Tensor, "batch expert draw n"]:
        """Of the teacher, at states of that time."""
        process, flat = gaussian_process(self.teacher), x.flatten(0, 2)
        told = None if cond is None else cond.repeat_interleave(x.shape[1] * x.shape[2], 0)
        said = self.teacher(flat, t, told).mean
        return ((process.alpha(t).to(x) * said - flat) / process.sigma(t).to(x) ** 2).reshape(x.shape)

    def _gates(self, x: Tensor, cond: Any) -> Float[Tensor, ""]:
        """Cross entropy of the weights to the responsibilities for data."""
        mixture = self.student(cond)
        r = points_of(x, cond, mixture.detached().log_joint).softmax(-1)
        return -(r * mixture.log_weights).sum(-1).mean()
