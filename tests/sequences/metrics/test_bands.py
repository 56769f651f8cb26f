"""Bands and verdicts by hand."""

import pytest
import torch

from sciml.sequences.metrics.bands import Band, band, verdict


def test_band_is_that_of_the_percentiles():
    found = band(torch.arange(101.0))
    assert (found.low, found.high) == pytest.approx((1.0, 99.0))
    assert band(torch.arange(11.0), (0.1, 0.5)).high == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("values", "side", "excess", "widths"),
    [
        ([1.0, 5.0, 100.0], "inside", 0.0, 0.0),  # the median counts, not the mean
        ([2.0, 2.0], "inside", 0.0, 0.0),
        ([0.0, 1.0], "below", 1.5, 0.25),
        ([9.0, 11.0], "above", 2.0, 1 / 3),
    ],
)
def test_verdict_says_side_and_excess(values, side, excess, widths):
    found = verdict(torch.tensor(values), Band(2.0, 8.0))
    assert (found.side, found.outside) == (side, side != "inside")
    assert (found.excess, found.widths) == pytest.approx((excess, widths))


def test_a_band_without_width():
    assert verdict(torch.tensor([3.0]), Band(2.0, 2.0)).widths is None


def test_bad_values_are_refused():
    with pytest.raises(ValueError, match="`real` must hold finite values and at least one, got 0"):
        band(torch.empty(0))
    with pytest.raises(ValueError, match="`generated` must hold finite values"):
        verdict(torch.tensor([1.0, torch.nan]), Band(0.0, 1.0))
    with pytest.raises(ValueError, match=r"`levels` must ascend within \[0, 1\], got \(0.9, 0.1\)"):
        band(torch.ones(2), (0.9, 0.1))
