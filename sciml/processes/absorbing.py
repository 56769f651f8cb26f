"""The absorbing chain: a letter stays, or is masked for good.

    q(x_t = k | x_0 = k) = alpha_t,        q(x_t = mask | x_0) = 1 - alpha_t.

A letter that is seen is known; the mask says nothing but that time has passed. So p(x_0 | x_t) does not depend on t once x_t
is given, and unmasking on the way from t to s has probability (alpha_s - alpha_t) / (1 - alpha_t), whatever the letter.

Reference: Austin et al. (2021), arXiv 2107.03006; Sahoo et al. (2024), arXiv 2406.07524, equations 5 to 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from sciml.numerics.broadcasting import broadcast_time
from sciml.processes.jump import TINY, JumpProcess, Letters, NextProbabilities, Probabilities, filled
from sciml.processes.jump_schedule import JumpSchedule, LogLinear

LINEAR = LogLinear()


@dataclass(frozen=True)
class Absorbing(JumpProcess):
    """Masking.

    Args:
        letters: K, of the data; the mask is the value K.
        schedule: alpha_t.
    """

    letters: int
    schedule: JumpSchedule = LINEAR

    @property
    def mask(self) -> int:
        """The value that means masked."""
        return self.letters

    @property
    def vocabulary(self) -> int:
        return self.letters + 1

    @property
    def absorbing(self) -> bool:
        return True

    def prior(self, shape: Sequence[int], *, generator: torch.Generator) -> Tensor:
        return filled(shape, self.mask, generator)

    def perturb(self, x_0: Tensor, t: Tensor, *, generator: torch.Generator) -> Tensor:
        return torch.where(self._untouched(x_0, t, generator), x_0, self.mask)

    def unmasking(self, t: Tensor, s: Tensor) -> Tensor:
        """Probability that what is masked at t is not at s: (alpha_s - alpha_t) / (1 - alpha_t)."""
        masked = 1 - self.schedule.alpha(t)
        return 1 - (1 - self.schedule.alpha(s)) / masked

    def evidence(self, x_t: Letters, t: Tensor) -> Probabilities:
        other = F.one_hot(x_t.clamp(max=self.letters - 1), self.letters) == 0
        impossible = other & (x_t != self.mask)[..., None]
        return torch.zeros(impossible.shape, device=x_t.device).masked_fill(impossible, -torch.inf)

    def reverse(self, probabilities: Probabilities, x_t: Letters, t: Tensor, s: Tensor) -> NextProbabilities:
        unmasked = self.unmasking(*(broadcast_time(time, probabilities) for time in (t, s))).to(probabilities)
        masked = (x_t == self.mask)[..., None]
        moved = torch.cat([unmasked * probabilities, (1 - unmasked).expand(masked.shape)], -1)
        return torch.where(masked, moved, F.one_hot(x_t, self.vocabulary).to(moved))

    def rates(self, probabilities: Probabilities, x_t: Letters, t: Tensor) -> NextProbabilities:
        """The probabilities, of what is masked."""
        return F.pad(probabilities, (0, 1)) * (x_t == self.mask)[..., None]

    def clock(self, t: Tensor) -> Tensor:
        """log(1 - alpha_t)."""
        return torch.log((1 - self.schedule.alpha(t)).clamp(min=TINY))

    def clock_rate(self, t: Tensor) -> Tensor:
        return -self.schedule.alpha_dot(t) / (1 - self.schedule.alpha(t)).clamp(min=TINY)

    def t_of_clock(self, clock: Tensor) -> Tensor:
        return self.schedule.t_of_alpha(-torch.expm1(clock))
