"""A denoiser with its condition bound, so that who calls it need not know of conditions."""

from typing import Any

from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Posterior


class Conditioned(Denoiser):
    """p(x_0 | x_t, cond) for one fixed condition.

    Args:
        denoiser: the conditional denoiser.
        cond: the condition of every call.
    """

    def __init__(self, denoiser: Denoiser, cond: Any) -> None:
        super().__init__(denoiser.process)
        self.denoiser = denoiser
        self.cond = cond

    def forward(self, x_t: Any, t: Tensor, cond: Any = None) -> Posterior[Any]:
        """p(x_0 | x_t) under the bound condition; a second condition is an error."""
        if cond is not None:
            raise ValueError("`cond` is bound to this denoiser already, and must be None")
        return self.denoiser(x_t, t, self.cond)
