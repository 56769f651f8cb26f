"""The denoising loss against closed forms on standard normal data."""

import pytest
import torch
from torch import nn

from sciml.denoisers.network import NetworkDenoiser
from sciml.losses.denoising import denoising_loss
from sciml.processes.parameterisation import Parameterisation, compose
from sciml.processes.vp import VPLinear


class Linear(nn.Module):
    """prediction = gain x."""

    def __init__(self, gain=0.0):
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(float(gain), dtype=torch.float64))

    def forward(self, x, t, cond):
        self.t, self.cond = t, cond
        return self.gain * x


def data(generator, *shape):
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("parameterisation", Parameterisation)
def test_minimum_and_gradient_at_one_time(process, generator, parameterisation):
    """With x_0 ~ N(0, 1), E[prediction | x] = (a alpha + b sigma) / (alpha^2 + sigma^2) x, where the gradient is 0."""
    t = torch.tensor(0.4, dtype=torch.float64)
    alpha, sigma = process.alpha(t), process.sigma(t)
    one, zero = torch.ones(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    a = compose(process, parameterisation, one, zero, t)
    b = compose(process, parameterisation, zero, one, t)
    total = alpha**2 + sigma**2
    gain = (a * alpha + b * sigma) / total.sqrt()
    net = Linear(gain)
    loss = denoising_loss(
        NetworkDenoiser(net, process, parameterisation), data(generator, 50000, 2), t=t, generator=generator
    )
    floor = (a * sigma - b * alpha) ** 2 / total
    loss.backward()
    scale = a**2 + b**2
    assert loss.item() == pytest.approx(floor.item(), rel=0.02)
    assert abs(net.gain.grad) < 0.03 * scale


def test_training_reaches_the_posterior_mean(generator):
    """v of standard normal data under a VP process is unpredictable, so the best gain is zero."""
    net = Linear(1.0)
    denoiser = NetworkDenoiser(net, VPLinear(), Parameterisation.V)
    optimiser = torch.optim.SGD(net.parameters(), lr=0.2)
    for _ in range(60):
        optimiser.zero_grad()
        denoising_loss(denoiser, data(generator, 512, 4), generator=generator).backward()
        optimiser.step()
    assert abs(net.gain.item()) < 0.05


def test_weight_broadcasts_to_the_data(process, generator):
    """A channel of weight zero counts for nothing, one of weight two counts twice."""
    denoiser = NetworkDenoiser(Linear(), process, Parameterisation.EPS)
    x_0, t = data(generator, 40, 2, 3), torch.tensor(0.5)
    weight = torch.tensor([0.0, 2.0], dtype=torch.float64)[:, None]
    eps = data(torch.Generator().manual_seed(5), 40, 2, 3)  # the loss of a silent network is the noise squared
    plain, weighted = (
        denoising_loss(denoiser, x_0, t=t, weight=w, generator=torch.Generator().manual_seed(5)) for w in (None, weight)
    )
    assert plain.item() == pytest.approx(eps.square().mean().item(), rel=1e-12)
    assert weighted.item() == pytest.approx(eps[:, 1].square().mean().item(), rel=1e-12)


def test_times_and_condition_reach_the_network(process, generator):
    net = Linear()
    denoiser = NetworkDenoiser(net, process, Parameterisation.EPS)
    denoising_loss(
        denoiser,
        data(generator, 5, 3),
        cond="c",
        times=lambda n, _: torch.full((n,), 0.25, dtype=torch.float64),
        generator=generator,
    )
    assert net.cond == "c" and net.t.tolist() == [0.25] * 5
    denoising_loss(denoiser, data(generator, 5, 3), t=torch.full((5, 3), 0.5), generator=generator)
    assert net.t.shape == (5, 3)


def test_the_generator_alone_decides(process):
    denoiser = NetworkDenoiser(Linear(0.5), process, Parameterisation.EPS)
    x_0 = torch.ones(8, 3, dtype=torch.float64)
    first, second = (denoising_loss(denoiser, x_0, generator=torch.Generator().manual_seed(2)) for _ in range(2))
    assert first == second
