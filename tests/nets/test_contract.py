"""What every denoising network owes: any size, independence of batch-mates, sight of all its inputs, a start at zero."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from sciml.nets import spectral, unet
from sciml.nets.grid import coordinates
from sciml.nets.spectral import SpectralOperator
from sciml.nets.unet import UNet

NETS: dict[str, Callable[[int, int, int], nn.Module]] = {
    "unet": lambda axes, inputs, outputs: UNet(axes, inputs, outputs, width=16, multipliers=(1, 2)),
    "spectral": lambda axes, inputs, outputs: SpectralOperator(inputs, outputs, (3,) * axes, width=16, layers=2),
}


@pytest.fixture(params=sorted(NETS))
def make(request):
    return NETS[request.param]


@pytest.mark.parametrize("size", [(16,), (13,), (8, 12), (17, 25), (5, 7), (6, 5, 4)])
def test_keeps_any_size(make, trained_like, size: tuple[int, ...]) -> None:
    out = trained_like(make(len(size), 5, 3))(torch.randn(2, 3, *size), torch.rand(2), torch.randn(2, 2, *size))
    assert out.shape == (2, 3, *size)


def test_a_sample_does_not_depend_on_its_batch_mates(make, trained_like) -> None:
    net = trained_like(make(2, 4, 2))
    x, cond, t = torch.randn(4, 2, 12, 10), torch.randn(4, 2, 12, 10), torch.rand(4)
    together = net(x, t, cond)
    alone = torch.cat([net(x[k : k + 1], t[k : k + 1], cond[k : k + 1]) for k in range(4)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_sees_state_time_and_condition(make, trained_like) -> None:
    net = trained_like(make(2, 4, 2))
    x, cond, t = torch.randn(1, 2, 12, 10), torch.randn(1, 2, 12, 10), torch.full((1,), 0.3)
    base = net(x, t, cond)
    for other in (net(x + 1, t, cond), net(x, t + 0.2, cond), net(x, t, cond + 1)):
        assert (other - base).abs().max() > 1e-3


def test_sees_where_it_is(make, trained_like, monkeypatch) -> None:
    """The same field elsewhere, as far as its coordinates tell, is another."""
    net = trained_like(make(2, 2, 2))
    x, t = torch.randn(1, 2, 12, 10), torch.full((1,), 0.3)
    here = net(x, t)
    for module in (unet, spectral):
        monkeypatch.setattr(module, "coordinates", lambda x: coordinates(x) + 1)
    assert (net(x, t) - here).abs().max() > 1e-3


def test_needs_no_condition(make) -> None:
    assert make(1, 2, 2)(torch.randn(2, 2, 16), torch.rand(2)).shape == (2, 2, 16)


def test_starts_as_zero(make) -> None:
    assert not make(1, 2, 2)(torch.randn(2, 2, 16), torch.rand(2)).any()
