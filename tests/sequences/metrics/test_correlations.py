"""Correlations against scipy, intervals against their coverage."""

import math

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from sciml.sequences.metrics.correlations import pearson, spearman, spearman_interval


def test_correlations_are_those_of_scipy():
    generator = np.random.default_rng(0)
    x, y = generator.poisson(2.0, (5, 40)).astype(float), generator.poisson(2.0, 40).astype(float)  # with ties
    np.testing.assert_allclose(pearson(x, y), [pearsonr(row, y).statistic for row in x], atol=1e-13)
    np.testing.assert_allclose(spearman(x, y), [spearmanr(row, y).statistic for row in x], atol=1e-13)


def test_a_constant_has_no_correlation():
    x, y = np.stack([np.ones(4), np.arange(4.0)]), np.arange(4.0)
    assert np.isnan(pearson(x, y)[0]) and pearson(x, y)[1] == pytest.approx(1) and np.isnan(spearman(y[None], x[0])[0])


def test_interval_covers_the_true_rank_correlation():
    """Of normal pairs: 6 / pi arcsin(r / 2)."""
    generator, r, n = np.random.default_rng(1), 0.8, 60
    truth = 6 / math.pi * math.asin(r / 2)
    covered = 0
    for _ in range(1000):
        x = generator.normal(size=n)
        y = r * x + math.sqrt(1 - r**2) * generator.normal(size=n)
        low, high = spearman_interval(float(spearman(x[None], y)[0]), n)
        covered += low <= truth <= high
    assert covered / 1000 == pytest.approx(0.95, abs=0.02)


def test_interval_by_hand_and_bad_arguments():
    low, high = spearman_interval(0.5, 28, z=2.0)
    half = 2 * math.sqrt(1.125 / 25)
    assert math.atanh(low) == pytest.approx(math.atanh(0.5) - half) and math.atanh(high) == pytest.approx(
        math.atanh(0.5) + half
    )
    assert spearman_interval(1.0, 10) == (1.0, 1.0)
    with pytest.raises(ValueError, match="`pairs` be at least 4, got 0.5 and 3"):
        spearman_interval(0.5, 3)
