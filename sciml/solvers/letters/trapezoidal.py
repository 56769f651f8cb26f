"""The theta-trapezoidal sampler: two calls a step, second order in law.

With mu the intensity of the jumps over a whole step, first a part theta of the step is done at the rates of x_t, which
leads to x_*, then the rest at rates extrapolated from both,

    (1 - theta) (a_1 mu(x_*) - a_2 mu(x_t))_+,   a_1 = 1 / (2 theta (1 - theta)),   a_2 = a_1 - 1.

Time is measured by the clock of the process, so that theta is a share of the jumps that are due and a_1, a_2 hold on any
schedule. Where a rate would be negative it is 0: where letters depend on each other so strongly that this happens, the order
falls to one.
Under masking whether a position jumps does not depend on what the network says: there only the letters are extrapolated,
and the probability of a jump is exact, which the published sampler leaves to the extrapolation.

Reference: Ren et al. (2025), arXiv 2502.00234, algorithm 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sciml.processes.jump import JumpProcess, NextProbabilities, Probabilities
from sciml.solvers.letters.solver import LetterSolver, jumps


@dataclass(frozen=True)
class Trapezoidal(LetterSolver):
    """See the module.

    Args:
        theta: share of the step that comes first, in (0, 1); a small one extrapolates far.
    """

    theta: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.theta < 1:
            raise ValueError(f"`theta` must lie in (0, 1), got {self.theta}")

    @property
    def order(self) -> int:
        return 2

    def times(self, process: JumpProcess, t: Tensor, s: Tensor) -> tuple[Tensor, ...]:
        if s == 0:
            return t, (1 - self.theta) * t
        first, last = process.clock(torch.stack([t, s]))
        return t, process.t_of_clock(first + self.theta * (last - first))

    def probabilities(
        self, process: JumpProcess, states: Sequence[Tensor], said: Sequence[Probabilities], t: Tensor, s: Tensor
    ) -> NextProbabilities:
        middle = self.times(process, t, s)[1]
        rates = process.rates(said[0], states[0], t)
        if len(states) == 1:
            return jumps((process.clock(t) - process.clock(middle)) * rates, states[0])
        ahead = 1 / (2 * self.theta * (1 - self.theta))
        if process.absorbing:
            letters = (ahead * said[1] - (ahead - 1) * said[0]).clamp(min=0)
            return process.reverse(letters / letters.sum(-1, keepdim=True), states[1], middle, s)
        due = process.clock(middle) - process.clock(s)
        extrapolated = ahead * process.rates(said[1], states[1], middle) - (ahead - 1) * rates
        return jumps(due * extrapolated.clamp(min=0), states[1])
