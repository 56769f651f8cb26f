"""From one data set to another along a stochastic interpolant, as an ODE or an SDE; see `sciml.processes.interpolant`.

With time running down from t to s and h = t - s, both are Heun's method on the drift a = -b + eps score,

    x_p = x + h a(x, t) + sqrt(2 eps h) z,      x_s = x + h/2 (a(x, t) + a(x_p, s)) + sqrt(2 eps h) z,

of order 2, in law where eps > 0, for the noise is additive. The law of the end is the same for every eps; what differs is
how errors of b and of the score weigh: noise forgets them.

Reference: Albergo, Boffi and Vanden-Eijnden (2023), arXiv 2303.08797, section 2; Greiner, Strittmatter and Honerkamp
(1988), Journal of Statistical Physics 51, for Heun's method with additive noise.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.bridge import BridgeDenoiser
from sciml.denoisers.denoiser import Denoiser
from sciml.numerics.noise import gaussian_noise
from sciml.solvers.solver import OneStepSolver, required


@dataclass(frozen=True)
class InterpolantSolver(OneStepSolver[Tensor]):
    """Carries samples of x_1, at t = 1, to samples of x_0; two calls a step. Its denoiser is a `BridgeDenoiser`.

    Args:
        eps: how much noise, not negative, in units of the data squared per time; 0 for the ODE.
        t_min: distance from t = 0 and t = 1 that the times told to the denoiser keep, in [0, 1/2): there gamma = 0.
    """

    order: ClassVar[int] = 2

    eps: float = 0.0
    t_min: float = 1e-3

    def __post_init__(self) -> None:
        if not 0 <= self.eps < math.inf:
            raise ValueError(f"`eps` must be finite and not negative, got {self.eps}")
        if not 0 <= self.t_min < 0.5:
            raise ValueError(f"`t_min` must lie in [0, 0.5), got {self.t_min}")

    @property
    def stochastic(self) -> bool:
        """Whether there is noise."""
        return self.eps > 0

    def step(
        self,
        denoiser: Denoiser,
        x_t: Float[Tensor, "batch *space"],
        t: Tensor,
        s: Tensor,
        memory: None,
        *,
        generator: torch.Generator | None,
    ) -> tuple[Tensor, None]:
        """See `Solver.step`."""
        h = (t - s).item()
        fresh = torch.zeros_like(x_t)
        if self.eps:
            fresh = math.sqrt(2 * self.eps * h) * gaussian_noise(x_t, required(generator, self))
        slope = self._drift(denoiser, x_t, t)
        predicted = x_t + h * slope + fresh
        return x_t + h / 2 * (slope + self._drift(denoiser, predicted, s)) + fresh, None

    def _drift(self, denoiser: Denoiser, x: Tensor, t: Tensor) -> Tensor:
        """-b + eps score."""
        t = t.clamp(self.t_min, 1 - self.t_min)
        known = BridgeDenoiser.posterior(denoiser, x, t)
        if self.eps == 0:
            return -known.velocity
        return -known.velocity - (self.eps / known.interpolant.gamma(t)).to(x.dtype) * known.noise
