"""W_1 on a line against scipy's."""

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance

from sciml.metrics.mmd import resamples
from sciml.metrics.wasserstein_line import wasserstein_1


def test_equals_scipy():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=40).round(1), generator.normal(0.5, 2, size=31).round(1)  # with ties
    assert wasserstein_1(torch.tensor(x), torch.tensor(y)).item() == pytest.approx(wasserstein_distance(x, y), rel=1e-12)
    weights = resamples(40, 31, draws=5, seed=0)
    values = wasserstein_1(torch.tensor(x), torch.tensor(y), weights.w, weights.v)
    expected = [wasserstein_distance(x, y, w, v) for w, v in zip(weights.w.numpy(), weights.v.numpy(), strict=True)]
    np.testing.assert_allclose(values, expected, rtol=1e-12)


def test_of_a_shift():
    x = torch.tensor([0.0, 3, 5], dtype=torch.float64)
    assert wasserstein_1(x, x + 2.5).item() == 2.5
