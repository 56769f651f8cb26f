"""The uniform chain: a letter that jumps becomes any letter.

    q(x_t | x_0) = alpha_t [x_t = x_0] + (1 - alpha_t) / K.

Letters may be revised until the end, which masked ones may not; every position is always in doubt.

Reference: Austin et al. (2021), arXiv 2107.03006, appendix A.2.1; Lou et al. (2023), arXiv 2310.16834, section 3.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from sciml.processes.jump import TINY, JumpProcess, Letters, NextProbabilities, Probabilities
from sciml.processes.jump_schedule import JumpSchedule, LogLinear

PUBLISHED = LogLinear(1e-3)


@dataclass(frozen=True)
class UniformJump(JumpProcess):
    """Jumps to a uniformly drawn letter.

    Args:
        letters: K, of the data.
        schedule: alpha_t; what is left of the data at t = 1 keeps rates bounded.
    """

    letters: int
    schedule: JumpSchedule = PUBLISHED

    @property
    def vocabulary(self) -> int:
        return self.letters

    @property
    def absorbing(self) -> bool:
        return False

    def prior(self, shape: Sequence[int], *, generator: torch.Generator) -> Tensor:
        return torch.randint(self.letters, tuple(shape), generator=generator, device=generator.device)

    def perturb(self, x_0: Tensor, t: Tensor, *, generator: torch.Generator) -> Tensor:
        other = torch.randint(self.letters, x_0.shape, generator=generator, device=x_0.device)
        return torch.where(self._untouched(x_0, t, generator), x_0, other)

    def evidence(self, x_t: Letters, t: Tensor) -> Probabilities:
        alpha = self.alpha_like(t, x_t)[..., None]
        return torch.log(self._reached(x_t, alpha)).to(torch.get_default_dtype())

    def reverse(self, probabilities: Probabilities, x_t: Letters, t: Tensor, s: Tensor) -> NextProbabilities:
        """sum_k p_k q(x_s | k) q(x_t | x_s) / q(x_t | k)."""
        alpha_t, alpha_s = (self.alpha_like(time, probabilities) for time in (t, s))
        weight = probabilities / self._reached(x_t, alpha_t)
        before = alpha_s * weight + (1 - alpha_s) / self.letters * weight.sum(-1, keepdim=True)
        return (self._reached(x_t, alpha_t / alpha_s) * before).to(probabilities)

    def ratios(self, probabilities: Probabilities, x_t: Letters, t: Tensor) -> NextProbabilities:
        """p_t(y) / p_t(x_t) for y in place of the letter of each position: sum_k p_k q(y | k) / q(x_t | k)."""
        alpha = self.alpha_like(t, probabilities)
        weight = probabilities / self._reached(x_t, alpha)
        return (alpha * weight + (1 - alpha) / self.letters * weight.sum(-1, keepdim=True)).to(probabilities)

    def rates(self, probabilities: Probabilities, x_t: Letters, t: Tensor) -> NextProbabilities:
        """The ratios over K."""
        elsewhere = F.one_hot(x_t, self.letters) == 0
        return self.ratios(probabilities, x_t, t) * elsewhere / self.letters

    def clock(self, t: Tensor) -> Tensor:
        """-log alpha_t."""
        return -torch.log(self.schedule.alpha(t).clamp(min=TINY))

    def clock_rate(self, t: Tensor) -> Tensor:
        return -self.schedule.alpha_dot(t) / self.schedule.alpha(t).clamp(min=TINY)

    def t_of_clock(self, clock: Tensor) -> Tensor:
        return self.schedule.t_of_alpha(torch.exp(-clock))

    def _reached(self, x: Tensor, alpha: Tensor) -> Tensor:
        """q(x_t = x | x_0 = k) for each k."""
        return alpha * F.one_hot(x, self.letters) + (1 - alpha) / self.letters
