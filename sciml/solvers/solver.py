"""A solver: one step from noise towards data, and what it remembers between steps."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser

State = TypeVar("State")
Memory = TypeVar("Memory")


class Solver(ABC, Generic[State, Memory]):
    """Walks a state from time t down to time s < t; `integrate` strings the steps together.

    Attributes:
        order: the error at the end of a trajectory falls as the step size to this power (in law, for a stochastic
            solver).
    """

    @property
    @abstractmethod
    def order(self) -> int:
        """See the class."""

    @property
    def stochastic(self) -> bool:
        """Whether a step draws from the generator, and so cannot do without."""
        return False

    @abstractmethod
    def init(self, denoiser: Denoiser, x: State, grid: Tensor) -> Memory:
        """What is remembered before the first step.

        Args:
            denoiser: as in `step`.
            x: state at time grid[0].
            grid: all times, float64 and decreasing, so that what depends on them alone is computed once.
        """

    @abstractmethod
    def step(
        self, denoiser: Denoiser, x_t: State, t: Tensor, s: Tensor, memory: Memory, *, generator: torch.Generator | None
    ) -> tuple[State, Memory]:
        """The state at time s and what is to be remembered.

        Args:
            denoiser: what predicts the clean data; it has its condition bound.
            x_t: state at time t.
            t: time now, a float64 scalar.
            s: time to go to, a float64 scalar below t.
            memory: what `init` or the last step returned.
            generator: source of randomness; a deterministic solver never touches it.
        """


class OneStepSolver(Solver[State, None]):
    """A solver that remembers nothing."""

    def init(self, denoiser: Denoiser, x: State, grid: Tensor) -> None:
        return None


def required(generator: torch.Generator | None, solver: Solver) -> torch.Generator:
    """The generator, for a solver that draws from it.

    Raises:
        ValueError: if there is none.
    """
    if generator is None:
        raise ValueError(f"`generator` must be a torch.Generator: {type(solver).__name__} is stochastic; got None")
    return generator
