"""S4: score-based sampling with symmetric splitting, a correction and a prediction from one evaluation of the score.

The reverse SDE is split into a part whose transition is known, dx = f x dt + g dw, and the score, -g^2 score dt. A step
from t to s by way of the middle m, with the score at (x_t, t) used throughout, is

    a Langevin step      x <- x + h score + kappa sqrt(2 h) z,      h = 2 (r sigma_t)^2,
    half a transition    x <- alpha_m / alpha_t x + alpha_m sqrt(R_t^2 - R_m^2) z,      R = sigma / alpha,
    the score            x <- x + (t - s) g^2(t) score,
    half a transition    from m to s.

As the score is that of the start, the noise of the two halves adds up to that of one transition, and is drawn at once:

    x_s = alpha_s / alpha_t x + alpha_s / alpha_m (t - s) g^2(t) score + alpha_s sqrt(R_t^2 - R_s^2) z.

The authors take the noise of a transition of the variance-preserving process as that of the forward process, smaller by a
factor that tends to 1 with the step; ours is exact. Their norms that set h are averaged over the batch; see
`predictor_corrector` for ours.

Reference: Jo, Lee and Hwang (2022), arXiv 2202.02514, algorithm 1 and appendix B.
"""

import math
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
class S4(OneStepSolver[Any]):
    """See the module.

    Args:
        snr: r, the signal-to-noise ratio of the Langevin step, in [0, 1/2]; 0 for none.
        noise_scale: kappa, at least 0; the authors take less than 1.
    """

    order: ClassVar[int] = 1

    snr: float = 0.0
    noise_scale: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.snr <= 0.5:
            raise ValueError(f"`snr` must lie in [0, 0.5], got {self.snr}")
        if not 0 <= self.noise_scale < math.inf:
            raise ValueError(f"`noise_scale` must be finite and at least 0, got {self.noise_scale}")

    @property
    def stochastic(self) -> bool:
        """Always."""
        return True

    def step(
        self, denoiser: Denoiser, x_t: Any, t: Tensor, s: Tensor, memory: None, *, generator: torch.Generator | None
    ) -> tuple[Any, None]:
        """See `Solver.step`; one call of the denoiser."""
        process, source, pull = denoiser.process, required(generator, self), 2 * self.snr**2
        middle = (s + t) / 2

        def correct(part: GaussianProcess, x: Tensor, eps: Tensor, z: Tensor) -> Tensor:
            sigma = part.sigma(t)
            return x + scaled_sum(-pull * sigma, eps, self.noise_scale * math.sqrt(2 * pull) * sigma, z)

        def move(part: GaussianProcess, x: Tensor, eps: Tensor, z: Tensor) -> Tensor:
            alpha_s, released = part.alpha(s), torch.exp(-2 * part.lambda_(t)) - torch.exp(-2 * part.lambda_(s))
            score = alpha_s / part.alpha(middle) * (s - t) * part.g2(t) / part.sigma(t)
            drifted = scaled_sum(alpha_s / part.alpha(t), x, score, eps)
            return drifted + (alpha_s * released.clamp(min=0).sqrt()).to(x.dtype) * z

        eps = noise_seen(denoiser, x_t, t)
        x = map_parts(process, correct, x_t, eps, noise_like(process, x_t, source)) if pull else x_t
        return map_parts(process, move, x, eps, noise_like(process, x, source)), None
