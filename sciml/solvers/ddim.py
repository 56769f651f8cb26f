"""DDIM: the noise that was predicted is put back, less of it, in part replaced by fresh noise.

    x_s = alpha_s x_0 + sqrt(sigma_s^2 - eta^2 b) eps + eta sqrt(b) z,    b = -expm1(2 (lambda_t - lambda_s)) sigma_s^2

where b is the variance of q(x_s | x_0, x_t), so that eta = 1 is ancestral sampling and eta = 0 solves the
probability-flow ODE, exactly as long as the prediction does not change. With sigma_s = 0 the step returns x_0.

The paper has variance-preserving processes in mind; the formula holds for any Gaussian process.

Reference: Song, Meng and Ermon (2021), arXiv 2010.02502, equations 12 and 16.
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
class DDIM(OneStepSolver[Tensor]):
    """DDIM with the share eta of fresh noise.

    Args:
        eta: from 0 (deterministic) to 1 (ancestral).
    """

    order: ClassVar[int] = 1

    eta: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.eta <= 1:
            raise ValueError(f"`eta` must lie in [0, 1], got {self.eta}")

    @property
    def stochastic(self) -> bool:
        """Whether eta > 0."""
        return self.eta > 0

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
        x_0, eps = data_and_noise(denoiser, x_t, t)
        alpha_s, sigma_s = process.alpha(s), process.sigma(s)
        fresh = -(self.eta**2) * torch.expm1(2 * (process.lambda_(t) - process.lambda_(s)))  # share of the variance
        x_s = scaled_sum(alpha_s, x_0, sigma_s * (1 - fresh).sqrt(), eps)
        if self.stochastic:
            sd = sigma_s * fresh.sqrt()
            x_s = x_s + sd.to(x_t.dtype) * gaussian_noise(x_t, required(generator, self))
        return x_s, None
