"""The U-Net: depth and memory layout."""

import pytest
import torch

from sciml.nets.unet import UNet


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_keeps_odd_sizes_at_any_depth(trained_like, levels: int) -> None:
    net = trained_like(UNet(2, 5, 3, width=8, multipliers=(1, 2, 2)[:levels]))
    assert net(torch.randn(2, 3, 17, 25), torch.rand(2), torch.randn(2, 2, 17, 25)).shape == (2, 3, 17, 25)


def test_memory_layout_does_not_change_the_result(trained_like) -> None:
    net = trained_like(UNet(2, 4, 2, width=16))
    x, cond, t = torch.randn(2, 2, 12, 10), torch.randn(2, 2, 12, 10), torch.rand(2)
    plain = net(x, t, cond)
    torch.testing.assert_close(net.to(memory_format=torch.channels_last)(x, t, cond), plain, atol=1e-5, rtol=1e-4)


def test_names_bad_dimensions() -> None:
    with pytest.raises(ValueError, match="`dimensions` must be 1, 2 or 3, got 4"):
        UNet(4, 1, 1)
