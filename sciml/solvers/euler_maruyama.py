"""The Euler-Maruyama method on the reverse-time SDE, in t.

    dx = (f x - g^2 score) dt + g dw,      score = -eps / sigma,      time running backwards.

Reference: Anderson (1982), Stochastic Processes and their Applications 12; Song et al. (2021), arXiv 2011.13456, eq. 6.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.numerics.broadcasting import scaled_sum
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import map_parts, noise_like
from sciml.solvers.flow import noise_seen
from sciml.solvers.solver import OneStepSolver, required


@dataclass(frozen=True)
class EulerMaruyama(OneStepSolver[Any]):
    """x_s = x_t + (s - t) (f x_t + g^2 eps / sigma_t) + g sqrt(t - s) z; of order 1 in law."""

    order: ClassVar[int] = 1

    @property
    def stochastic(self) -> bool:
        """Always."""
        return True

    def step(
        self,
        denoiser: Denoiser,
        x_t: Any,
        t: Tensor,
        s: Tensor,
        memory: None,
        *,
        generator: torch.Generator | None,
    ) -> tuple[Any, None]:
        """See `Solver.step`; one call of the denoiser."""
        h = s - t

        def move(process: GaussianProcess, x: Tensor, eps: Tensor, fresh: Tensor) -> Tensor:
            g2 = process.g2(t)
            drifted = scaled_sum(1 + h * process.f(t), x, h * g2 / process.sigma(t), eps)
            return drifted + (-h * g2).sqrt().to(x.dtype) * fresh

        eps = noise_seen(denoiser, x_t, t)
        fresh = noise_like(denoiser.process, x_t, required(generator, self))
        return map_parts(denoiser.process, move, x_t, eps, fresh), None
