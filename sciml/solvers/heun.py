"""Heun's method on the probability-flow ODE, in t."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, gaussian_process
from sciml.solvers.flow import velocity
from sciml.solvers.solver import OneStepSolver


@dataclass(frozen=True)
class Heun(OneStepSolver[Tensor]):
    """The trapezoidal rule with Euler's prediction: x_s = x_t + (s - t) (v(x_t, t) + v(x_euler, s)) / 2.

    A step onto sigma_s = 0, where the velocity may be infinite, is Euler's alone.

    Reference: Karras et al. (2022), arXiv 2206.00364, algorithm 1; theirs runs in sigma / alpha, ours in t.
    """

    order: ClassVar[int] = 2

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
        """See `Solver.step`; two calls of the denoiser, or one onto sigma_s = 0."""
        h = (s - t).to(x_t.dtype)
        slope = velocity(denoiser, x_t, t)
        predicted = x_t + h * slope
        if gaussian_process(denoiser).sigma(s) == 0:
            return predicted, None
        return x_t + h / 2 * (slope + velocity(denoiser, predicted, s)), None
