"""Heun's method on the probability-flow ODE, in t."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.processes.parts import map_parts, processes_of
from sciml.solvers.flow import velocity
from sciml.solvers.solver import OneStepSolver


@dataclass(frozen=True)
class Heun(OneStepSolver[Any]):
    """The trapezoidal rule with Euler's prediction: x_s = x_t + (s - t) (v(x_t, t) + v(x_euler, s)) / 2.

    A step onto sigma_s = 0, where the velocity may be infinite, is Euler's alone.

    Reference: Karras et al. (2022), arXiv 2206.00364, algorithm 1; theirs runs in sigma / alpha, ours in t.
    """

    order: ClassVar[int] = 2

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
        """See `Solver.step`; two calls of the denoiser, or one onto sigma_s = 0."""
        process, h = denoiser.process, s - t
        slope = velocity(denoiser, x_t, t)
        predicted = map_parts(process, lambda _, x, v: x + h.to(x.dtype) * v, x_t, slope)
        if any(part.sigma(s) == 0 for part in processes_of(process)):
            return predicted, None
        ahead = velocity(denoiser, predicted, s)
        return map_parts(process, lambda _, x, v, w: x + (h / 2).to(x.dtype) * (v + w), x_t, slope, ahead), None
