"""Predictor-corrector sampling: after each step of any solver, some Langevin steps at the new time.

    x <- x + h score + kappa sqrt(2 h) z,        score = -eps / sigma,        h = 2 (r sigma)^2,

r the signal-to-noise ratio, kappa 1. They leave the marginal of that time as it is, and pull a state that the step left
beside it back, but for a bias of relative order r^2: on data N(0, v) the variance they keep is S / (1 - (r sigma)^2 / S)
with S = alpha^2 v + sigma^2.

The paper sets h by the norms of z and of the score, averaged over the batch, so that a sample depends on its batch-mates. We
put the expectation of either norm, that of z and that of z / sigma, in its place: the noise level is known. (For its
variance-preserving processes the paper has h smaller by the factor 1 - beta_i of its i-th step, which is nearly 1.)

Reference: Song et al. (2021), arXiv 2011.13456, algorithms 4 and 5.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.numerics.linear import linear
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import map_parts, noise_like, processes_of
from sciml.solvers.exponential.integrator import ExponentialIntegrator
from sciml.solvers.solver import Solver, required


@dataclass(frozen=True)
class PredictorCorrector(Solver[Any, Any]):
    """Any solver, corrected by Langevin steps, each of which costs a call; states may be structured.

    What the solver remembers is passed on untouched. Solvers of one step and single-step recipes remember nothing that the
    correction makes false. Multistep recipes remember outputs at states from before the correction: they stay consistent,
    but as the correction moves the state at random by about 2 r sigma, their higher order is lost. Recipes with a corrector
    of their own go on from where their last step began, which would undo the correction, and are refused.

    Args:
        solver: the predictor.
        corrections: Langevin steps after each step, not negative.
        snr: r, the signal-to-noise ratio, in (0, 1/2]; the paper takes .16.
        noise_scale: kappa, at least 0; less than 1, as Jo et al. (2022), arXiv 2202.02514, take for graphs, narrows the law.
    """

    solver: Solver[Any, Any]
    corrections: int = 1
    snr: float = 0.16
    noise_scale: float = 1.0

    def __post_init__(self) -> None:
        if self.corrections < 0:
            raise ValueError(f"`corrections` must not be negative, got {self.corrections}")
        if not 0 < self.snr <= 0.5:
            raise ValueError(f"`snr` must lie in (0, 0.5], got {self.snr}")
        if not 0 <= self.noise_scale < math.inf:
            raise ValueError(f"`noise_scale` must be finite and at least 0, got {self.noise_scale}")
        if isinstance(self.solver, ExponentialIntegrator) and any(step.corrector for step in self.solver.recipe.steps):
            raise ValueError(
                "`solver` must have no corrector of its own, which would undo the Langevin steps, got one that has"
            )

    @property
    def order(self) -> int:
        """That of the solver, up to the bias of the correction."""
        return self.solver.order

    @property
    def stochastic(self) -> bool:
        """Whether there are corrections, or the solver is stochastic itself."""
        return self.corrections > 0 or self.solver.stochastic

    def init(self, denoiser: Denoiser, x: Any, grid: Tensor) -> Any:
        """What the solver remembers."""
        return self.solver.init(denoiser, x, grid)

    def step(
        self, denoiser: Denoiser, x_t: Any, t: Tensor, s: Tensor, memory: Any, *, generator: torch.Generator | None
    ) -> tuple[Any, Any]:
        """See `Solver.step`; `corrections` calls more than the solver makes, or none more onto sigma_s = 0."""
        x_s, memory = self.solver.step(denoiser, x_t, t, s, memory, generator=generator)
        if all(process.sigma(s) > 0 for process in processes_of(denoiser.process)):
            for _ in range(self.corrections):
                source = required(generator, self)
                x_s = langevin(denoiser, x_s, s, self.snr, noise_scale=self.noise_scale, generator=source)
        return x_s, memory


def langevin(
    denoiser: Denoiser, x_t: Any, t: Tensor, snr: float, *, noise_scale: float = 1.0, generator: torch.Generator
) -> Any:
    """One Langevin step at time t, at the cost of one call; see the module.

    Args:
        denoiser: what predicts the clean data.
        x_t: state at time t, a tensor or structured.
        t: one time, sigma_t > 0.
        snr: r.
        noise_scale: kappa.
        generator: source of randomness.
    """
    process = denoiser.process
    pull = 2 * snr**2  # h score = -2 r^2 (x - alpha x_0)

    def move(part: GaussianProcess, x: Tensor, x_0: Tensor, z: Tensor) -> Tensor:
        alpha, sigma = part.alpha(t).item(), part.sigma(t).item()
        return linear(1 - pull, x, ((pull * alpha, x_0), (noise_scale * math.sqrt(2 * pull) * sigma, z)))

    return map_parts(process, move, x_t, denoiser(x_t, t).mean, noise_like(process, x_t, generator))
