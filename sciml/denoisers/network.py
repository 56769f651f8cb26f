"""A network made a denoiser: scaled input, one time per sample, and the prediction turned into x_0."""

from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.numerics.broadcasting import broadcast_time
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parameterisation import Prediction, decompose


class NetworkDenoiser(Denoiser):
    """E[x_0 | x_t] by a network.

    The network sees c_in x_t with c_in = 1 / sqrt(alpha_t^2 + sigma_t^2), which has unit variance when the data has.

    Args:
        net: called as net(c_in x_t, t, cond); returns a tensor of the shape of x_t.
        process: the Gaussian process it was, or will be, trained for.
        parameterisation: what the network predicts.
    """

    process: GaussianProcess

    def __init__(self, net: nn.Module, process: GaussianProcess, parameterisation: Prediction) -> None:
        super().__init__(process)
        self.net = net
        self.parameterisation = parameterisation

    def predict(
        self, x_t: Float[Tensor, "batch *space"], t: Tensor, cond: Any = None, *, told: Tensor | None = None
    ) -> Float[Tensor, "batch *space"]:
        """What the network says, in its own parameterisation.

        The network gets times of shape (batch,) in the dtype of the state; times that vary within a sample are passed
        on as they are, to a network made for them.

        Args:
            x_t: the state.
            t: its time.
            cond: passed on.
            told: the time that the network is told; by default t.
        """
        padded = broadcast_time(t, x_t)
        alpha, sigma = self.process.alpha(padded), self.process.sigma(padded)
        c_in = (alpha**2 + sigma**2).rsqrt()
        told = t if told is None else told
        padded = broadcast_time(told, x_t)
        varies = padded.numel() not in (1, padded.shape[0] if padded.ndim else 1)
        times = told if varies else padded.reshape(-1).expand(x_t.shape[0])
        return self.net(c_in.to(x_t.dtype) * x_t, times.to(device=x_t.device, dtype=x_t.dtype), cond)

    def forward(
        self, x_t: Float[Tensor, "batch *space"], t: Tensor, cond: Any = None, *, told: Tensor | None = None
    ) -> Dirac:
        """A Dirac at the x_0 that the prediction implies; arguments as in `predict`."""
        x_0, _ = decompose(self.process, self.parameterisation, x_t, self.predict(x_t, t, cond, told=told), t)
        return Dirac(x_0)
