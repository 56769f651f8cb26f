"""Classifier-free guidance: away from what is likely anyway, towards what the condition asks for.

    D_w = D(x_t, t, null) + w (D(x_t, t, cond) - D(x_t, t, null)),

the posterior mean whose score is (1 - w) times the unconditional plus w times the conditional score: that of
p(x_t) p(cond | x_t)^w up to a constant. w = 1 is the conditional model, w = 0 the unconditional.

Reference: Ho and Salimans (2022), arXiv 2207.12598, equation 6, whose w is ours less 1.
"""

import math
from typing import Any

from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import map_parts


class ClassifierFree(Denoiser):
    """Two calls of a denoiser for one; only one where w is 0 or 1.

    Args:
        denoiser: with and without condition; states may be structured.
        weight: w, finite.
        null: the condition that stands for none.
    """

    def __init__(self, denoiser: Denoiser, weight: float, null: Any = None) -> None:
        if not math.isfinite(weight):
            raise ValueError(f"`weight` must be finite, got {weight}")
        super().__init__(denoiser.process)
        self.denoiser, self.weight, self.null = denoiser, weight, null

    def forward(self, x_t: Any, t: Tensor, cond: Any = None) -> Dirac[Any]:
        """The guided posterior mean."""
        if self.weight == 0:
            return Dirac(self.denoiser(x_t, t, self.null).mean)
        wanted = self.denoiser(x_t, t, cond).mean
        if self.weight == 1:
            return Dirac(wanted)

        def mixed(_: GaussianProcess, likely: Tensor, asked: Tensor) -> Tensor:
            return likely.lerp(asked, self.weight)

        return Dirac(map_parts(self.process, mixed, self.denoiser(x_t, t, self.null).mean, wanted))
