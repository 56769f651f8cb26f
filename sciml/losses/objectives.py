"""Losses as modules, called as objective(generator, *batch): the form in which `fit` trains them."""

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from sciml.denoisers.network import NetworkDenoiser
from sciml.losses.denoising import denoising_loss
from sciml.losses.times import noise_biased_times


class DenoisingObjective(nn.Module):
    """The denoising loss with fixed weights and a fixed law of times.

    Args:
        denoiser: the network in training.
        weight: of the squared error of each channel, shape (channel, 1, ...), mean 1.
        noise_bias: see `noise_biased_times`.
    """

    weight: Tensor

    def __init__(self, denoiser: NetworkDenoiser, weight: Float[Tensor, "channel *ones"], noise_bias: float = 1.0) -> None:
        super().__init__()
        self.denoiser = denoiser
        self.times = noise_biased_times(denoiser.process.t_min, noise_bias)
        self.register_buffer("weight", weight, persistent=False)

    def forward(self, generator: Generator, x_0: Tensor, cond: Tensor) -> Float[Tensor, ""]:
        return denoising_loss(self.denoiser, x_0, generator=generator, cond=cond, times=self.times, weight=self.weight)


class RegressionObjective(nn.Module):
    """Weighted mean square error of a prediction in one call, net(0, 1, cond).

    Args:
        net: network with the interface net(x_t, t, cond); it sees no state, and the time 1.
        weight: of the squared error of each channel, shape (channel, 1, ...), mean 1.
    """

    weight: Tensor

    def __init__(self, net: nn.Module, weight: Float[Tensor, "channel *ones"]) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("weight", weight, persistent=False)

    def forward(self, generator: Generator, x_0: Tensor, cond: Tensor) -> Float[Tensor, ""]:
        prediction = regress(self.net, x_0, cond).to(x_0.dtype)
        return (self.weight * (prediction - x_0) ** 2).mean()


def regress(net: nn.Module, like: Tensor, cond: Tensor) -> Tensor:
    """net(0, 1, cond): the call of a denoiser at pure noise, with the noise left out."""
    return net(torch.zeros_like(like), torch.ones(len(like), device=like.device, dtype=like.dtype), cond)
