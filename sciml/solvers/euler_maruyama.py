"""The Euler-Maruyama method on the reverse-time SDE, in t.

    dx = (f x - g^2 score) dt + g dw,      score = -eps / sigma,      time running backwards.

Reference: Anderson (1982), Stochastic Processes and their Applications 12; Song et al. (2021), arXiv 2011.13456, eq. 6.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, gaussian_process
from sciml.numerics.broadcasting import scaled_sum
from sciml.numerics.noise import gaussian_noise
from sciml.solvers.flow import data_and_noise
from sciml.solvers.solver import OneStepSolver, required


@dataclass(frozen=True)
class EulerMaruyama(OneStepSolver[Tensor]):
    """x_s = x_t + (s - t) (f x_t + g^2 eps / sigma_t) + g sqrt(t - s) z; of order 1 in law."""

    order: ClassVar[int] = 1

    @property
    def stochastic(self) -> bool:
        """Always."""
        return True

    def step(
        self,
        denoiser: Denoiser,
        x_t: Float[Tensor, "batch *space"],
        t: Tensor,
        s: Tensor,
        memory: None,
        *,
        generator: torch.Generator | None,
    ) -> tuple[Float[Tensor, "batch *space"], None]:
        """See `Solver.step`; one call of the denoiser."""
        process = gaussian_process(denoiser)
        _, eps = data_and_noise(denoiser, x_t, t)
        g2, h = process.g2(t), s - t
        drifted = scaled_sum(1 + h * process.f(t), x_t, h * g2 / process.sigma(t), eps)
        sd = (-h * g2).sqrt().to(x_t.dtype)
        return drifted + sd * gaussian_noise(x_t, required(generator, self)), None
