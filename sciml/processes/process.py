"""What every forward process can do: corrupt data into noise, and walk back a step when the data is known.

Time runs from 0 (data) to 1 (noise). A state is a tensor or a frozen dataclass of tensors.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

import torch
from torch import Tensor

State = TypeVar("State")


class Process(ABC, Generic[State]):
    """A Markov process q(x_t | x_0) that ends, at t = 1, in a law that can be sampled without the data."""

    @abstractmethod
    def prior(self, shape: Sequence[int], *, generator: torch.Generator) -> State:
        """Draws from the law of x_1.

        Args:
            shape: shape of the state, batch first.
            generator: source of randomness.
        """

    @abstractmethod
    def perturb(self, x_0: State, t: Tensor, *, generator: torch.Generator) -> State:
        """Draws x_t ~ q(x_t | x_0).

        Args:
            x_0: data.
            t: times in [0, 1] that line up with the leading dimensions of the state.
            generator: source of randomness.
        """

    @abstractmethod
    def bridge(self, x_0: State, x_t: State, t: Tensor, s: Tensor, *, generator: torch.Generator) -> State:
        """Draws x_s ~ q(x_s | x_0, x_t), exactly.

        Args:
            x_0: data, or what stands for it.
            x_t: state at time t.
            t: times in (0, 1].
            s: times in [0, t).
            generator: source of randomness.
        """
