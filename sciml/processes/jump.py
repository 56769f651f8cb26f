"""Jump processes of letters: each position by itself stays as it is or jumps, a continuous-time Markov chain.

A state is whole numbers (batch, position) below `vocabulary`; the data use the first `letters` of them. With alpha_t the
probability of not having been touched, the chain is known by its marginals q(x_t | x_0), and with them all that sampling
and training ask for:

    reverse     q(x_s | x_t, x_0) averaged over x_0 ~ p(x_0 | x_t), exact for any step,
    rates       of the reversed chain, by a clock that runs as fast as jumps fall due.

Reference: Campbell et al. (2022), arXiv 2205.14987, proposition 3; Lou et al. (2023), arXiv 2310.16834, section 3.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import torch
from jaxtyping import Float, Integer
from torch import Tensor

from sciml.numerics.broadcasting import broadcast_time
from sciml.numerics.letters import draw
from sciml.processes.jump_schedule import JumpSchedule
from sciml.processes.process import Process

TINY = 1e-30
Letters = Integer[Tensor, "batch position"]
Probabilities = Float[Tensor, "batch position letter"]
NextProbabilities = Float[Tensor, "batch position vocabulary"]


class JumpProcess(Process[Tensor]):
    """What absorbing and uniform chains share.

    Attributes:
        letters: K, of the data.
        schedule: alpha_t.
        t_min: where grids stop unless told otherwise: in the data.
    """

    t_min: ClassVar[float] = 0.0

    letters: int
    schedule: JumpSchedule

    @property
    @abstractmethod
    def vocabulary(self) -> int:
        """Number of values that a position of a state can have."""

    @property
    @abstractmethod
    def absorbing(self) -> bool:
        """Whether a letter that has jumped says nothing of what it was."""

    @abstractmethod
    def evidence(self, x_t: Letters, t: Tensor) -> Probabilities:
        """log q(x_t | x_0 = k) up to a constant for each position: what a position knows of itself."""

    @abstractmethod
    def reverse(self, probabilities: Probabilities, x_t: Letters, t: Tensor, s: Tensor) -> NextProbabilities:
        """Probabilities of x_s, given x_t and those of x_0."""

    @abstractmethod
    def rates(self, probabilities: Probabilities, x_t: Letters, t: Tensor) -> NextProbabilities:
        """Jumps to each value by unit of the clock, the reversed chain being at x_t; those to itself 0."""

    @abstractmethod
    def clock(self, t: Tensor) -> Tensor:
        """Grows with t by as much as jumps fall due; large, not infinite, at t = 0 and 1."""

    @abstractmethod
    def clock_rate(self, t: Tensor) -> Tensor:
        """d clock / dt."""

    @abstractmethod
    def t_of_clock(self, clock: Tensor) -> Tensor:
        """The time at which the clock shows this."""

    def bridge(self, x_0: Tensor, x_t: Tensor, t: Tensor, s: Tensor, *, generator: torch.Generator) -> Tensor:
        known = torch.nn.functional.one_hot(x_0, self.letters).to(torch.float64)
        return draw(self.reverse(known, x_t, t, s), generator)

    def alpha_like(self, t: Tensor, like: Tensor) -> Tensor:
        """alpha_t, float64, so that it broadcasts to a state, or to probabilities over one."""
        return self.schedule.alpha(broadcast_time(t, like))

    def _untouched(self, x_0: Tensor, t: Tensor, generator: torch.Generator) -> Tensor:
        return torch.rand(x_0.shape, generator=generator, device=x_0.device) < self.alpha_like(t, x_0)


def filled(shape: Sequence[int], value: int, generator: torch.Generator) -> Tensor:
    """A state of one value."""
    return torch.full(tuple(shape), value, device=generator.device)
