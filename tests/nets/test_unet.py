"""The U-Net: sizes, independence of batch-mates, and what it starts as."""

import pytest
import torch

from sciml.nets.unet import UNet


def trained_like(net: UNet) -> UNet:
    """Weights without the zeros it starts with, so that every path counts."""
    torch.manual_seed(1)
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return net.eval()


@pytest.mark.parametrize("size", [(16,), (13,), (8, 12), (17, 25), (5, 7), (6, 5, 4)])
@pytest.mark.parametrize("levels", [1, 2, 3])
def test_keeps_any_size(size: tuple[int, ...], levels: int) -> None:
    net = trained_like(UNet(len(size), 5, 3, width=8, multipliers=(1, 2, 2)[:levels]))
    out = net(torch.randn(2, 3, *size), torch.rand(2), torch.randn(2, 2, *size))
    assert out.shape == (2, 3, *size)


def test_a_sample_does_not_depend_on_its_batch_mates() -> None:
    net = trained_like(UNet(2, 4, 2, width=16))
    x, cond, t = torch.randn(4, 2, 12, 10), torch.randn(4, 2, 12, 10), torch.rand(4)
    together = net(x, t, cond)
    alone = torch.cat([net(x[k : k + 1], t[k : k + 1], cond[k : k + 1]) for k in range(4)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_sees_state_time_condition_and_place() -> None:
    net = trained_like(UNet(2, 4, 2, width=16))
    x, cond, t = torch.randn(1, 2, 12, 10), torch.randn(1, 2, 12, 10), torch.full((1,), 0.3)
    base = net(x, t, cond)
    for other in (net(x + 1, t, cond), net(x, t + 0.2, cond), net(x, t, cond + 1)):
        assert (other - base).abs().max() > 1e-3
    flat = net(torch.zeros_like(x), t, torch.zeros_like(cond))
    assert flat[..., 2:-2, 2:-2].std() > 1e-4


def test_starts_as_zero() -> None:
    net = UNet(1, 2, 2, width=8)
    assert not net(torch.randn(2, 2, 16), torch.rand(2)).any()


def test_memory_layout_does_not_change_the_result() -> None:
    net = trained_like(UNet(2, 4, 2, width=16))
    x, cond, t = torch.randn(2, 2, 12, 10), torch.randn(2, 2, 12, 10), torch.rand(2)
    plain = net(x, t, cond)
    torch.testing.assert_close(net.to(memory_format=torch.channels_last)(x, t, cond), plain, atol=1e-5, rtol=1e-4)


def test_names_bad_dimensions() -> None:
    with pytest.raises(ValueError, match="`dimensions` must be 1, 2 or 3, got 4"):
        UNet(4, 1, 1)
