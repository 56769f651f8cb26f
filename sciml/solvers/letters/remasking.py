"""Remasking: letters that were drawn may be masked again, and drawn anew in the light of the others.

What is seen at t is masked with probability r, and the masked are unmasked more often, so that the marginals stay those of
masking:

    q(x_s = x_0 | x_t = x_0) = 1 - r,     q(x_s = x_0 | x_t = mask) = (alpha_s - (1 - r) alpha_t) / (1 - alpha_t).

As r does not shrink with the step, letters are drawn together however short the steps are. Near t = 0, where 1 - alpha is as
t, the largest r of a step that begins k of N steps from the end is about k / N, and so is the share of letters that is
masked: two of them are drawn as if independent with probability (k / N)^2, which stays unless one is masked again later, and
neither is with probability exp(-k^2 / N). The sum over k is as N^-1/2: half an order. With a cap it is the same once the
largest r is below it sqrt(N) steps from the end; before, from about 1 / cap to 1 / cap^2 steps, the error hardly falls.

Reference: Wang et al. (2025), arXiv 2503.00307, equations 6 to 8 and section 4.1; the order is not theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from sciml.processes.absorbing import Absorbing
from sciml.processes.jump import JumpProcess, NextProbabilities, Probabilities
from sciml.solvers.letters.solver import LetterSolver


@dataclass(frozen=True)
class Remasking(LetterSolver):
    """See the module; the largest r is min(1, (1 - alpha_s) / alpha_t).

    Args:
        rescale: r in units of the largest, in [0, 1]; 0 is ancestral sampling.
        cap: r is at most this, in [0, 1].
    """

    rescale: float = 1.0
    cap: float = 0.05

    def __post_init__(self) -> None:
        for name in ("rescale", "cap"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"`{name}` must lie in [0, 1], got {getattr(self, name)}")

    @property
    def order(self) -> int:
        """The whole number below 1/2, see the module; 1 if nothing is masked again."""
        return 0 if self.rescale * self.cap else 1

    def probabilities(
        self, process: JumpProcess, states: Sequence[Tensor], said: Sequence[Probabilities], t: Tensor, s: Tensor
    ) -> NextProbabilities:
        if not isinstance(process, Absorbing):
            raise TypeError(f"`process` must be Absorbing to mask again, got {type(process).__name__}")
        alpha_t, alpha_s = process.schedule.alpha(torch.stack([t, s]))
        largest = ((1 - alpha_s) / alpha_t.clamp(min=1e-30)).clamp(max=1)
        r = (self.rescale * largest).clamp(max=self.cap)
        unmasked = ((alpha_s - (1 - r) * alpha_t) / (1 - alpha_t)).to(said[-1])
        moved = F.pad(unmasked * said[-1], (0, 1), value=float(1 - unmasked))
        kept = F.pad((1 - r).to(said[-1]) * F.one_hot(states[-1], process.vocabulary)[..., :-1], (0, 1), value=float(r))
        return torch.where((states[-1] == process.mask)[..., None], moved, kept)
