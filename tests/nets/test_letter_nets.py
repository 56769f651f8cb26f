"""Networks of sequences: what they see, and what they are told."""

import math

import pytest
import torch
from torch import Tensor, nn

from sciml.nets.dilated_cnn import DilatedCNN
from sciml.nets.rotary_transformer import RotaryTransformer, rotated, rotation

T = torch.tensor([0.3, 0.7])


def filled(net: nn.Module, seed: int = 0) -> nn.Module:
    """Weights that start at zero, too, are drawn."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator))
    return net.eval()


def letters(length: int = 24, vocabulary: int = 5) -> Tensor:
    drawn = torch.randint(vocabulary, (2, length), generator=torch.Generator().manual_seed(1))
    return nn.functional.one_hot(drawn, vocabulary).float()


def cnn(**options: object) -> nn.Module:
    return filled(DilatedCNN(5, 4, width=8, kernel=3, dilations=(1, 2), **options))


def transformer(**options: object) -> nn.Module:
    return filled(RotaryTransformer(5, 4, width=16, layers=2, heads=2, **options))


def test_a_convolution_sees_as_far_as_its_kernels_reach() -> None:
    """3 letters of the first layer, 1 more on either side of the second, 2 of the third: 4 to each side."""
    net = DilatedCNN(5, 4, width=8, kernel=3, dilations=(1, 2), timed=False)
    net.norms = nn.ModuleList(nn.Identity() for _ in net.norms)  # means over the sequence see all of it
    net, x = filled(net), letters().requires_grad_()
    (slope,) = torch.autograd.grad(net(x, T)[:, 12].sum(), x)
    seen = slope.abs().sum((0, 2)) > 0
    assert seen.nonzero()[:, 0].tolist() == list(range(8, 17))


def test_attention_by_distances_shifts_with_the_letters() -> None:
    """Queries and keys turned by positions: their products depend on the difference alone."""
    generator = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, 8, generator=generator)
    cos, sin = rotation(20, 8, q)
    product = rotated(q.expand(20, 8), cos, sin) @ rotated(k.expand(20, 8), cos, sin).T
    for distance in (-7, 0, 5):
        line = product.diagonal(distance)
        torch.testing.assert_close(line, line[:1].expand_as(line), rtol=1e-4, atol=1e-5)
    turned = rotated(torch.tensor([[1.0, 0.0]]), torch.tensor([[math.cos(0.5)]]), torch.tensor([[math.sin(0.5)]]))
    torch.testing.assert_close(turned, torch.tensor([[math.cos(0.5), math.sin(0.5)]]))


def test_alike_letters_are_told_apart_where_positions_have_a_meaning() -> None:
    x = nn.functional.one_hot(torch.full((2, 6), 4), 5).float()
    said = [transformer(positions=positions)(x, T) for positions in (0, 6)]
    assert (said[0] - said[0][:, :1]).abs().max() < 1e-5
    assert (said[1] - said[1][:, :1]).abs().max() > 0.01


@pytest.mark.parametrize("make", [cnn, transformer])
def test_time_and_class_matter_where_they_are_told(make) -> None:
    x, cond = letters(), torch.tensor([0, 2])
    timed, still = make(), make(timed=False)
    assert (timed(x, T) - timed(x, T + 0.1)).abs().max() > 1e-3
    torch.testing.assert_close(still(x, T), still(x, T + 0.1))
    told = make(classes=3, timed=False)
    torch.testing.assert_close(told(x, T), told(x, T, torch.tensor([-1, -1])))
    assert all((told(x, T, cond) - told(x, T))[k].abs().max() > 1e-3 for k in (0, 1))


@pytest.mark.parametrize("make", [cnn, transformer])
def test_samples_of_a_batch_do_not_see_each_other(make) -> None:
    net, x = make(), letters()
    torch.testing.assert_close(net(x, T)[:1], net(x[:1], T[:1]), rtol=1e-4, atol=1e-5)


def test_bad_sizes_are_named() -> None:
    with pytest.raises(ValueError, match="`kernel` must be odd, got 4"):
        DilatedCNN(5, 4, kernel=4)
    with pytest.raises(ValueError, match="`width` must be a multiple of 2 `heads` = 8, got 12"):
        RotaryTransformer(5, 4, width=12, heads=4)


@pytest.mark.parametrize("make", [cnn, transformer])
def test_a_class_is_refused_by_a_network_without_classes(make) -> None:
    with pytest.raises(ValueError, match=r"`cond` must be left out: this network has no `classes`, got shape \(2,\)"):
        make()(letters(), T, torch.tensor([0, 1]))
