"""Sampling from a mixture of letters: a latent is drawn for each sample and step, and kept through the step."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.latent_letters import Given
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.solver import Solver, required

ANCESTRAL = Ancestral()


@dataclass(frozen=True)
class Mixed(Solver[Tensor, Any]):
    """Steps of another sampler with p(x_0 | x_t, lambda), lambda uniform: one call of the network for each of its own.

    Args:
        latents: M, as of the denoiser.
        solver: makes the steps.

    Reference: Hayakawa et al. (2024), arXiv 2410.08709, section 3.
    """

    latents: int
    solver: Solver[Tensor, Any] = ANCESTRAL

    @property
    def order(self) -> int:
        return self.solver.order

    @property
    def stochastic(self) -> bool:
        return True

    def init(self, denoiser: Denoiser, x: Tensor, grid: Tensor) -> Any:
        return self.solver.init(denoiser, x, grid)

    def step(
        self,
        denoiser: Denoiser,
        x_t: Tensor,
        t: Tensor,
        s: Tensor,
        memory: Any,
        *,
        generator: torch.Generator | None,
    ) -> tuple[Tensor, Any]:
        source = required(generator, self)
        latent = torch.randint(self.latents, x_t.shape[:1], generator=source, device=x_t.device)
        return self.solver.step(Given(denoiser, latent), x_t, t, s, memory, generator=source)
