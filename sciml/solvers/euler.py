"""Euler's method on the probability-flow ODE, in t."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.processes.parts import map_parts
from sciml.solvers.flow import velocity
from sciml.solvers.solver import OneStepSolver


@dataclass(frozen=True)
class Euler(OneStepSolver[Any]):
    """x_s = x_t + (s - t) dx/dt: the plainest solver, a baseline."""

    order: ClassVar[int] = 1

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
        return map_parts(
            denoiser.process, lambda _, x, v: x + (s - t).to(x.dtype) * v, x_t, velocity(denoiser, x_t, t)
        ), None
