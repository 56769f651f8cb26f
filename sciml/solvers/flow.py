"""What the solvers ask of a denoiser: the clean data with the noise that goes with it, and the velocity of the flow.

The probability-flow ODE, which has the marginals of the process, is

    dx/dt = f x - g^2 score / 2 = alpha' x_0 + sigma' eps,

x_0 = E[x_0 | x_t] and eps = (x_t - alpha x_0) / sigma. States may be structured.

Reference: Song et al. (2021), arXiv 2011.13456, equation 13.
"""

from typing import Any

from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parameterisation import Parameterisation, compose, decompose
from sciml.processes.parts import map_parts


def noise_seen(denoiser: Denoiser, x_t: Any, t: Tensor) -> Any:
    """The posterior mean of eps, by one call of the denoiser; sigma_t > 0."""

    def noise(process: GaussianProcess, x: Tensor, x_0: Tensor) -> Tensor:
        return decompose(process, Parameterisation.X0, x, x_0, t)[1]

    return map_parts(denoiser.process, noise, x_t, denoiser(x_t, t).mean)


def velocity(denoiser: Denoiser, x_t: Any, t: Tensor) -> Any:
    """dx/dt of the probability flow, by one call of the denoiser; sigma_t > 0."""

    def speed(process: GaussianProcess, x: Tensor, x_0: Tensor) -> Tensor:
        _, eps = decompose(process, Parameterisation.X0, x, x_0, t)
        return compose(process, Parameterisation.VELOCITY, x_0, eps, t)

    return map_parts(denoiser.process, speed, x_t, denoiser(x_t, t).mean)
