"""Tau-leaping and Euler: rates of the reversed chain, frozen over a step."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from sciml.processes.jump import JumpProcess, NextProbabilities, Probabilities
from sciml.solvers.letters.solver import LetterSolver, jumps


@dataclass(frozen=True)
class TauLeaping(LetterSolver):
    """Jumps at the rates of x_t and t for a time t - s; of several jumps of a position only the first counts.

    Under masking, rates that are not frozen in time too would make it ancestral sampling.

    Reference: Campbell et al. (2022), arXiv 2205.14987, section 4.3.
    """

    @property
    def order(self) -> int:
        return 1

    def probabilities(
        self, process: JumpProcess, states: Sequence[Tensor], said: Sequence[Probabilities], t: Tensor, s: Tensor
    ) -> NextProbabilities:
        return jumps((t - s) * process.clock_rate(t) * process.rates(said[-1], states[-1], t), states[-1])


@dataclass(frozen=True)
class EulerJumps(TauLeaping):
    """The same with the probability of a jump linear in the step; where that exceeds 1 it is 1.

    Reference: Lou et al. (2023), arXiv 2310.16834, equation 15.
    """

    def probabilities(
        self, process: JumpProcess, states: Sequence[Tensor], said: Sequence[Probabilities], t: Tensor, s: Tensor
    ) -> NextProbabilities:
        intensity = (t - s) * process.clock_rate(t) * process.rates(said[-1], states[-1], t)
        moved = intensity / intensity.sum(-1, keepdim=True).clamp(min=1)
        return moved.scatter_add(-1, states[-1][..., None], 1 - moved.sum(-1, keepdim=True).clamp(max=1))
