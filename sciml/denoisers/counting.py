"""A denoiser that counts how often it is called: the cost of sampling."""

from typing import Any

from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Posterior


class Counting(Denoiser):
    """Passes every call on and counts it.

    Args:
        denoiser: what is called.

    Attributes:
        nfe: number of function evaluations so far. A guided denoiser that calls its network twice counts as one; wrap
            the innermost denoiser to count the calls of the network.
    """

    def __init__(self, denoiser: Denoiser) -> None:
        super().__init__(denoiser.process)
        self.denoiser = denoiser
        self.nfe = 0

    def forward(self, x_t: Any, t: Tensor, cond: Any = None) -> Posterior[Any]:
        """The posterior of the wrapped denoiser."""
        self.nfe += 1
        return self.denoiser(x_t, t, cond)
