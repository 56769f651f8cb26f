"""The area pair by pair, its variance by its definition, and the coverage of its interval."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from sciml.metrics.proportions import wilson_interval
from sciml.sequences.metrics.auc import auc, auc_interval


def _pairs(positive: np.ndarray, negative: np.ndarray) -> np.ndarray:
    return (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)


@pytest.mark.parametrize("seed", range(5))
def test_area_is_that_of_all_pairs(seed: int):
    generator = np.random.default_rng(seed)
    positive, negative = generator.poisson(4.0, 30).astype(float), generator.poisson(3.0, 41).astype(float)  # with ties
    assert auc(positive, negative) == pytest.approx(_pairs(positive, negative).mean(), abs=1e-14)


def test_interval_is_delongs():
    generator = np.random.default_rng(0)
    positive, negative = generator.poisson(5.0, 30).astype(float), generator.poisson(3.0, 41).astype(float)
    pairs = _pairs(positive, negative)
    area = pairs.mean()
    deviation = math.sqrt(pairs.mean(1).var(ddof=1) / 30 + pairs.mean(0).var(ddof=1) / 41)
    for end, sign in zip(auc_interval(positive, negative, z=2.0), (-1, 1), strict=True):
        assert math.log(end / (1 - end)) == pytest.approx(
            math.log(area / (1 - area)) + sign * 2 * deviation / (area * (1 - area)), abs=1e-12
        )


def test_coverage():
    """Of normal scores a distance d apart the area is Phi(d / sqrt 2)."""
    generator, distance = np.random.default_rng(1), 2.0
    truth = norm.cdf(distance / math.sqrt(2))
    covered = 0
    for _ in range(1000):
        low, high = auc_interval(generator.normal(distance, size=60), generator.normal(size=80))
        covered += low <= truth <= high
    assert covered / 1000 == pytest.approx(0.95, abs=0.02)


def test_perfect_order_is_not_certain():
    """Ten of twelve positives make ten independent pairs with the negatives."""
    positive, negative = np.arange(12.0) + 100, np.arange(10.0)
    assert auc_interval(positive, negative) == wilson_interval(10, 10)
    assert auc_interval(-positive, negative) == wilson_interval(0, 10)


def test_bad_scores_are_refused():
    with pytest.raises(ValueError, match="must hold numbers and at least one each, got 0 and 1"):
        auc(np.empty(0), np.ones(1))
    with pytest.raises(ValueError, match="must hold numbers"):
        auc(np.array([np.nan]), np.ones(1))
    with pytest.raises(ValueError, match="at least 2 scores each, got 1 and 2"):
        auc_interval(np.ones(1), np.ones(2))
