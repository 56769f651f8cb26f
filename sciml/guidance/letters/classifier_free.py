"""Classifier-free guidance of letters.

    p_w(x_0,i = k | x_t)  proportional to  p(x_0,i = k | x_t, null) (p(x_0,i = k | x_t, cond) / p(x_0,i = k | x_t, null))^w,

which by Bayes' rule is p(x_0,i = k | x_t) p(cond | x_t, x_0,i = k)^w: each position by itself, as if only one was to be
decided. w = 1 is the conditional model, w = 0 the unconditional. The letters are normalised, so that when they are revealed
is left as it is; rates that were mixed and not normalised would reveal them sooner the larger w is.

Reference: Ho and Salimans (2022), arXiv 2207.12598, equation 6, whose w is ours less 1; Schiff et al. (2024), arXiv
2412.10193, for letters; Rojas et al. (2025), arXiv 2507.08965, for the harm of letters that are revealed too soon.
"""

from typing import Any

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import Categorical
from sciml.guidance.classifier import finite


class LetterClassifierFree(Denoiser):
    """Two calls of a denoiser for one; only one where w is 0 or 1.

    Args:
        denoiser: of letters, with and without condition.
        weight: w, finite and not negative.
        null: the condition that stands for none.
    """

    def __init__(self, denoiser: Denoiser, weight: float, null: Any = None) -> None:
        if finite(weight) < 0:
            raise ValueError(f"`weight` must not be negative, got {weight}")
        super().__init__(denoiser.process)
        self.denoiser, self.weight, self.null = denoiser, weight, null

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Categorical:
        """The guided letters; those that are impossible either way stay so.

        Raises:
            FloatingPointError: a position at which every letter is impossible, with the condition or without.
        """
        if self.weight == 0:
            return self.denoiser(x_t, t, self.null)
        asked = self.denoiser(x_t, t, cond)
        if self.weight == 1:
            return asked
        likely, wanted = self.denoiser(x_t, t, self.null).log_probabilities, asked.log_probabilities
        possible = torch.isfinite(likely) & torch.isfinite(wanted)
        if not bool(possible.any(-1).all()):
            row, position = (~possible.any(-1)).nonzero()[0].tolist()
            raise FloatingPointError(
                f"no letter is possible with and without condition at position {position} of sample {row}"
            )
        mixed = likely + self.weight * (wanted - likely)
        return Categorical(torch.where(possible, mixed, -torch.inf).log_softmax(-1))
