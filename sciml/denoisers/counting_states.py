"""A denoiser that counts the states it is asked about: the cost of a sample, however samples are batched."""

from typing import Any

from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Posterior


class CountingStates(Denoiser):
    """Passes every call on and counts the states in it.

    Methods that keep one of many candidates call the network for all: wrapped innermost, this counts each of them, so that
    methods can be compared at equal `states / samples`.

    Args:
        denoiser: what is called; states are tensors, batch first.

    Attributes:
        states: so far.
    """

    def __init__(self, denoiser: Denoiser) -> None:
        super().__init__(denoiser.process)
        self.denoiser = denoiser
        self.states = 0

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Posterior[Any]:
        """The posterior of the wrapped denoiser."""
        found = self.denoiser(x_t, t, cond)
        self.states += len(x_t)  # only now: a call that memory did not suffice for is made again
        return found
