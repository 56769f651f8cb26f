"""Ancestral sampling: the reversed chain, as if the letters of the clean data were independent given x_t."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from sciml.processes.jump import JumpProcess, NextProbabilities, Probabilities
from sciml.solvers.letters.solver import LetterSolver


@dataclass(frozen=True)
class Ancestral(LetterSolver):
    """x_s ~ sum over x_0 of p(x_0 | x_t) q(x_s | x_t, x_0), each position by itself.

    Exact where one position at a time jumps: the error, in law, falls as the step.

    Reference: Austin et al. (2021), arXiv 2107.03006, equation 4; Sahoo et al. (2024), arXiv 2406.07524, equation 7.
    """

    @property
    def order(self) -> int:
        return 1

    def probabilities(
        self, process: JumpProcess, states: Sequence[Tensor], said: Sequence[Probabilities], t: Tensor, s: Tensor
    ) -> NextProbabilities:
        return process.reverse(said[-1], states[-1], t, s)
