"""The denoising loss: noise is added, and the network says what it was, or what it was added to.

    L = E_{x_0, t, eps} mean(weight (prediction(x_t, t) - a_t x_0 - b_t eps)^2),      x_t = alpha_t x_0 + sigma_t eps,

a and b those of the parameterisation. Its minimiser is the posterior mean under any positive weight.

Reference: Ho et al. (2020), arXiv 2006.11239, equation 14; Salimans and Ho (2022), arXiv 2202.00512, for v.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.network import NetworkDenoiser
from sciml.losses.times import TimeDistribution, uniform_times
from sciml.numerics.noise import gaussian_noise
from sciml.processes.parameterisation import compose


def denoising_loss(
    denoiser: NetworkDenoiser,
    x_0: Float[Tensor, "batch *space"],
    *,
    generator: torch.Generator,
    cond: Any = None,
    t: Tensor | None = None,
    times: TimeDistribution | None = None,
    weight: Tensor | None = None,
) -> Float[Tensor, ""]:
    """The mean square of the error in the parameterisation of the denoiser.

    Args:
        denoiser: the network in training.
        x_0: a batch of data.
        generator: source of the times and the noise, on the device of the data.
        cond: what the data is conditioned on, passed on to the network.
        t: times that line up with the leading dimensions of the data; drawn from `times` by default.
        times: law of the times, one per sample; uniform on [process.t_min, 1] by default.
        weight: weight of the squared error, of a shape that broadcasts to x_0, such as (channel, 1, 1).
    """
    process = denoiser.process
    if t is None:
        draw = uniform_times(process.t_min) if times is None else times
        t = draw(x_0.shape[0], generator)
    eps = gaussian_noise(x_0, generator)
    target = compose(process, denoiser.parameterisation, x_0, eps, t)
    squared = (denoiser.predict(process.interpolate(x_0, eps, t), t, cond) - target) ** 2
    return (squared if weight is None else weight * squared).mean()
