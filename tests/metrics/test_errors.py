"""Errors against numbers worked out by hand, and their symmetries."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Generator, Tensor

from sciml.metrics.errors import (
    error_by_step,
    largest_error,
    masked_mean_square_error,
    mean_absolute_error,
    mean_square_error,
    relative_l2,
)

Metric = Callable[[Tensor, Tensor], Tensor]
ALL: tuple[Metric, ...] = (mean_square_error, mean_absolute_error, relative_l2, largest_error)


@pytest.fixture
def fields() -> tuple[Tensor, Tensor]:
    """Prediction and truth: 2 windows, 1 channel, 2 frames, 3 points."""
    truth = torch.tensor([[[[3.0, 0, 0], [0, 4, 0]]], [[[1.0, 1, 1], [1, 1, 1]]]])
    error = torch.tensor([[[[0.0, 1, 0], [0, 0, -2]]], [[[3.0, 0, 0], [0, 0, 0]]]])
    return truth + error, truth


def test_exact_values(fields: tuple[Tensor, Tensor]) -> None:
    assert mean_square_error(*fields).item() == pytest.approx(14 / 12)
    assert mean_absolute_error(*fields).item() == pytest.approx(6 / 12)
    assert largest_error(*fields).item() == pytest.approx((2 + 3) / 2)
    assert relative_l2(*fields).item() == pytest.approx((math.sqrt(5) / 5 + 3 / math.sqrt(6)) / 2)
    assert error_by_step(*fields).tolist() == pytest.approx([10 / 6, 4 / 6])


def test_mask_selects(fields: tuple[Tensor, Tensor]) -> None:
    mask = torch.zeros(2, 1, 2, 3, dtype=torch.bool)
    mask[0, 0, 1, 2] = mask[1, 0, 1, 0] = True
    assert masked_mean_square_error(*fields, mask).item() == pytest.approx(4 / 2)
    assert masked_mean_square_error(*fields, torch.ones_like(mask)) == mean_square_error(*fields)
    assert masked_mean_square_error(*fields, torch.zeros_like(mask)).isnan()


def test_frames_average_to_the_whole(fields: tuple[Tensor, Tensor]) -> None:
    assert error_by_step(*fields).mean().item() == pytest.approx(mean_square_error(*fields).item())


@pytest.mark.parametrize("metric", ALL)
def test_zero_when_exact_and_blind_to_order(metric: Metric, fields: tuple[Tensor, Tensor]) -> None:
    prediction, truth = fields
    assert metric(truth, truth).item() == 0
    swapped = metric(prediction.flip(0, 3), truth.flip(0, 3))
    assert swapped.item() == pytest.approx(metric(prediction, truth).item())


@pytest.mark.parametrize(("metric", "power"), list(zip(ALL, (2, 1, 0, 1), strict=True)))
def test_scales_with_the_unit(metric: Metric, power: int, fields: tuple[Tensor, Tensor]) -> None:
    prediction, truth = fields
    assert metric(7 * prediction, 7 * truth).item() == pytest.approx(7**power * metric(prediction, truth).item())


def test_relative_error_of_a_zero_truth() -> None:
    zero = torch.zeros(1, 1, 1, 2)
    assert relative_l2(zero, zero).item() == 0
    assert relative_l2(zero + 1, zero).isinf()


def test_sums_in_float64() -> None:
    """In float32 a mean over 2^22 equal squares drifts; the square of a float32 is exact in float64."""
    error = torch.full((1, 1, 1 << 11, 1 << 11), 0.1)
    exact = error[0, 0, 0, 0].double().square()
    assert mean_square_error(error, torch.zeros_like(error)).item() == pytest.approx(exact.item(), rel=1e-12)


def test_shapes_must_agree() -> None:
    draw = torch.randn(2, 1, 3, 4, generator=Generator().manual_seed(0))
    with pytest.raises((ValueError, TypeError), match=r"prediction|truth|type"):
        mean_square_error(draw, draw[:1])
