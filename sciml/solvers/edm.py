"""EDM's stochastic sampler: some noise is added, more than that is removed, by Heun's method in sigma / alpha.

With y = x / alpha and s = sigma / alpha the flow of any Gaussian process is dy/ds = eps. A step from t to s first raises the
noise to s_hat = (1 + gamma) s_t,

    gamma = min(S_churn / N, sqrt(2) - 1) where S_tmin <= s_t <= S_tmax, else 0,
    y_hat = y + S_noise sqrt(s_hat^2 - s_t^2) z,

N the number of steps, and then goes down from s_hat to s_s. We never raise the noise above that of t = 1, where the model
has seen none.

Reference: Karras et al. (2022), arXiv 2206.00364, algorithm 2.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.numerics.broadcasting import scaled_sum
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import map_parts, noise_like, processes_of
from sciml.processes.process import Process
from sciml.solvers.flow import noise_seen
from sciml.solvers.solver import Solver, required


@dataclass(frozen=True)
class EDM(Solver[Any, int]):
    """Heun's method in sigma / alpha, with churn; it remembers the number of steps.

    Args:
        churn: S_churn, not negative; 0 is deterministic.
        churn_from: S_tmin, the least sigma / alpha at which noise is added.
        churn_to: S_tmax, the greatest.
        inflation: S_noise, the deviation of the noise added; a little over 1 makes up for a model that removes too much.
    """

    order: ClassVar[int] = 2

    churn: float = 0.0
    churn_from: float = 0.0
    churn_to: float = math.inf
    inflation: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.churn < math.inf:
            raise ValueError(f"`churn` must be finite and at least 0, got {self.churn}")
        if not 0 <= self.churn_from <= self.churn_to:
            raise ValueError(f"`churn_from` must lie in [0, `churn_to` = {self.churn_to}], got {self.churn_from}")
        if not 0 < self.inflation < math.inf:
            raise ValueError(f"`inflation` must be positive and finite, got {self.inflation}")

    @property
    def stochastic(self) -> bool:
        """Whether there is churn."""
        return self.churn > 0

    def init(self, denoiser: Denoiser, x: Any, grid: Tensor) -> int:
        """The number of steps, over which the churn is spread."""
        return len(grid) - 1

    def step(
        self,
        denoiser: Denoiser,
        x_t: Any,
        t: Tensor,
        s: Tensor,
        memory: int,
        *,
        generator: torch.Generator | None,
    ) -> tuple[Any, int]:
        """See `Solver.step`; two calls of the denoiser, or one onto sigma_s = 0."""
        process = denoiser.process
        if self.stochastic:
            x_t, t = self._raise(process, x_t, t, memory, required(generator, self))

        def move(part: GaussianProcess, x: Tensor, *slopes: Tensor) -> Tensor:
            h = part.alpha(s) * (_ratio(part, s) - _ratio(part, t))
            return scaled_sum(part.alpha(s) / part.alpha(t), x, h / len(slopes), sum(slopes[1:], slopes[0]))

        eps = noise_seen(denoiser, x_t, t)
        predicted = map_parts(process, move, x_t, eps)
        if any(part.sigma(s) == 0 for part in processes_of(process)):
            return predicted, memory
        return map_parts(process, move, x_t, eps, noise_seen(denoiser, predicted, s)), memory

    def _raise(
        self, process: Process[Any], x_t: Any, t: Tensor, steps: int, generator: torch.Generator
    ) -> tuple[Any, Tensor]:
        """The state at the noise s_hat, and its time; of a structured state the first part sets it."""
        lead = processes_of(process)[0]
        s_t = _ratio(lead, t)
        if not self.churn_from <= s_t <= self.churn_to:
            return x_t, t
        gamma = min(self.churn / steps, math.sqrt(2) - 1)
        s_hat = torch.minimum((1 + gamma) * s_t, _ratio(lead, torch.ones_like(t)))
        t_hat = torch.clamp(lead.t_of_lambda(-s_hat.log()), t, torch.ones_like(t))

        def stir(part: GaussianProcess, x: Tensor, z: Tensor) -> Tensor:
            rise = (_ratio(part, t_hat) ** 2 - _ratio(part, t) ** 2).clamp(min=0).sqrt()
            return scaled_sum(part.alpha(t_hat) / part.alpha(t), x, self.inflation * part.alpha(t_hat) * rise, z)

        return map_parts(process, stir, x_t, noise_like(process, x_t, generator)), t_hat


def _ratio(process: GaussianProcess, t: Tensor) -> Tensor:
    """sigma / alpha."""
    return process.sigma(t) / process.alpha(t)
