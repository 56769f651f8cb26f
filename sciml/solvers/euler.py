"""Euler's method on the probability-flow ODE, in t."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.solvers.flow import velocity
from sciml.solvers.solver import OneStepSolver


@dataclass(frozen=True)
class Euler(OneStepSolver[Tensor]):
    """x_s = x_t + (s - t) dx/dt: the plainest solver, a baseline."""

    order: ClassVar[int] = 1

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
        return x_t + (s - t).to(x_t.dtype) * velocity(denoiser, x_t, t), None
