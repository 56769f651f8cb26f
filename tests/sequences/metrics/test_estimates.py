"""Intervals against normal theory, medians against repetition."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from sciml.metrics.mmd import resamples
from sciml.metrics.proportions import LEVEL_95, wilson_interval
from sciml.sequences.metrics.estimates import estimate, magnitude, mean, median, sample_mean, share, with_floors


def test_interval_of_a_mean_is_that_of_normal_theory():
    values = torch.randn(400, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    entry = mean(values, resamples(400, 1, draws=4000, seed=0).w)
    half = LEVEL_95 * float(values.std(correction=0)) / 20
    assert entry["value"] == pytest.approx(float(values.mean()), abs=1e-14)
    assert entry["interval"] == pytest.approx([entry["value"] - half, entry["value"] + half], abs=0.05 * half)


@pytest.mark.parametrize("count", [5, 6])
def test_median_of_weights_is_that_of_repetition(count: int):
    values = torch.randn(count, generator=torch.Generator().manual_seed(count), dtype=torch.float64)
    w = resamples(count, 1, draws=200, seed=0).w
    expected = np.array([np.median(np.repeat(values.numpy(), row.long().numpy())) for row in w])
    entry = median(values, w)
    assert entry["value"] == pytest.approx(float(np.median(values)))
    low, high = np.quantile(expected - expected.mean(), [0.025, 0.975])
    assert entry["interval"] == pytest.approx([entry["value"] + low, entry["value"] + high], abs=1e-12)


def test_interval_of_a_correlation_is_made_on_fishers_scale():
    draws = torch.tensor([0.9, 0.95, 0.99], dtype=torch.float64)
    values = iter((torch.tensor([0.97], dtype=torch.float64), draws))
    entry = estimate(lambda w: next(values), torch.ones(3, 2, dtype=torch.float64), correlation=True)
    spread = draws.atanh() - draws.atanh().mean()
    expected = [math.tanh(math.atanh(0.97) + q) for q in np.quantile(spread, [0.025, 0.975])]
    assert entry["interval"] == pytest.approx(expected, abs=1e-12) and entry["value"] == pytest.approx(0.97)


def test_what_is_not_defined_is_none():
    w = torch.ones(3, 2, dtype=torch.float64)
    assert estimate(lambda weights: torch.full((len(weights),), torch.nan).double(), w) == {"value": None, "interval": None}
    exact = estimate(lambda weights: torch.ones(len(weights)).double(), w, correlation=True)
    assert exact["value"] == pytest.approx(1) and exact["interval"] == pytest.approx([1, 1])


def test_shares_magnitudes_and_floors():
    assert share(np.array([True, False, True, True])) == {"value": 0.75, "interval": list(wilson_interval(3, 4))}
    assert magnitude({"value": -2.0, "interval": [-3.0, -1.0]}) == {"value": 2.0, "interval": [1.0, 3.0]}
    assert magnitude({"value": 0.5, "interval": [-1.0, 2.0]}) == {"value": 0.5, "interval": [0.0, 2.0]}
    one, other = {"value": 1.0, "interval": [0.0, 2.0]}, {"value": 3.0, "interval": [2.0, 4.0]}
    expected = {"a": {"b": {"value": 1.0, "interval": [0.0, 2.0], "floor": 3.0, "floor_interval": [2.0, 4.0]}}}
    assert with_floors({"a": {"b": one}}, {"a": {"b": other}}) == expected


def test_the_mean_of_independent_numbers_has_the_normal_interval() -> None:
    values = torch.randn(50, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3 + 1
    found = sample_mean(values.float())
    error = values.numpy().std(ddof=1) / 50**0.5
    assert found["value"] == pytest.approx(values.mean().item(), rel=1e-6)
    assert found["interval"] == pytest.approx(list(stats.norm.interval(0.95, found["value"], error)), rel=1e-6)
