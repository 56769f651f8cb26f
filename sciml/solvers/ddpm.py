"""Ancestral sampling: draw from q(x_s | x_0, x_t) with the predicted x_0 in place of the data.

Reference: Ho et al. (2020), arXiv 2006.11239, equations 6 and 7, with the smaller of its two variances.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.solvers.solver import OneStepSolver, required


@dataclass(frozen=True)
class DDPM(OneStepSolver[Any]):
    """Ancestral sampling through the bridge of the process."""

    order: ClassVar[int] = 1

    @property
    def stochastic(self) -> bool:
        """Always."""
        return True

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
        x_0 = denoiser(x_t, t).mean
        return denoiser.process.bridge(x_0, x_t, t, s, generator=required(generator, self)), None
