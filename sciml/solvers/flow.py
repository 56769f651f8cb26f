"""What the solvers ask of a denoiser: the clean data with the noise that goes with it, and the velocity of the flow.

The probability-flow ODE, which has the marginals of the process, is

    dx/dt = f x - g^2 score / 2 = alpha' x_0 + sigma' eps,

x_0 = E[x_0 | x_t] and eps = (x_t - alpha x_0) / sigma.

Reference: Song et al. (2021), arXiv 2011.13456, equation 13.
"""

from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, gaussian_process
from sciml.processes.parameterisation import Parameterisation, compose, decompose


def data_and_noise(
    denoiser: Denoiser, x_t: Float[Tensor, "batch *space"], t: Tensor
) -> tuple[Float[Tensor, "batch *space"], Float[Tensor, "batch *space"]]:
    """The posterior means of x_0 and eps, by one call of the denoiser; sigma_t > 0."""
    x_0 = denoiser(x_t, t).mean
    return decompose(gaussian_process(denoiser), Parameterisation.X0, x_t, x_0, t)


def velocity(denoiser: Denoiser, x_t: Float[Tensor, "batch *space"], t: Tensor) -> Float[Tensor, "batch *space"]:
    """dx/dt of the probability flow, by one call of the denoiser; sigma_t > 0."""
    x_0, eps = data_and_noise(denoiser, x_t, t)
    return compose(gaussian_process(denoiser), Parameterisation.VELOCITY, x_0, eps, t)
