"""Reverse diffusion: the discretisation of the forward process, turned round.

A step of the forward process from s to t, x_t = r x_s + sqrt(v) z with r = alpha_t / alpha_s and
v = sigma_t^2 - r^2 sigma_s^2, is x_t = x_s + f(x_s) + G z with f = (r - 1) x and G^2 = v. The reverse SDE in that form is

    x_s = x_t - f(x_t) + v score + sqrt(v) z = (2 - r) x_t - v / sigma_t eps + sqrt(v) z.

Reference: Song et al. (2021), arXiv 2011.13456, appendix E, equation 46; the predictor of Jo et al. (2022), arXiv
2202.02514, on molecules.
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
class ReverseDiffusion(OneStepSolver[Any]):
    """See the module; of order 1 in law."""

    order: ClassVar[int] = 1

    @property
    def stochastic(self) -> bool:
        """Always."""
        return True

    def step(
        self, denoiser: Denoiser, x_t: Any, t: Tensor, s: Tensor, memory: None, *, generator: torch.Generator | None
    ) -> tuple[Any, None]:
        """See `Solver.step`; one call of the denoiser."""

        def move(part: GaussianProcess, x: Tensor, eps: Tensor, z: Tensor) -> Tensor:
            sigma, gap = part.sigma(t), 2 * (part.lambda_(t) - part.lambda_(s))
            v = -torch.expm1(gap) * sigma**2
            mean = scaled_sum(2 - part.alpha(t) / part.alpha(s), x, -v / sigma, eps)
            return mean + v.sqrt().to(x.dtype) * z

        process = denoiser.process
        fresh = noise_like(process, x_t, required(generator, self))
        return map_parts(process, move, x_t, noise_seen(denoiser, x_t, t), fresh), None
