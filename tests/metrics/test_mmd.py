"""MMD against sums written out, closed forms of Gaussian laws, and measured coverage."""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from scipy.stats import wasserstein_distance
from torch import Generator, Tensor

from sciml.metrics.gram import DenseGram, Gram, LinearGram
from sciml.metrics.kernels import gaussian, gaussian_emd
from sciml.metrics.mmd import interval, mean_interval, mmd_biased, mmd_deviations, mmd_of_subsets, mmd_unbiased, resamples


def _normal(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=Generator().manual_seed(seed))


def _gram(x: Tensor, y: Tensor, sigma: float = 1.0) -> DenseGram:
    return DenseGram(gaussian(x, x, sigma=sigma), gaussian(y, y, sigma=sigma), gaussian(x, y, sigma=sigma))


@pytest.fixture
def pair() -> tuple[Tensor, Tensor]:
    return _normal(12, 3, seed=1), 0.5 + _normal(7, 3, seed=2)


def test_gaussian_emd_is_that_of_optimal_transport():
    """Bins at 0, 1, 2, ...: scipy's Wasserstein distance of the histograms."""
    generator = np.random.default_rng(0)
    x, y = (torch.from_numpy(generator.integers(1, 9, (5, 30))).double() for _ in range(2))
    kernel = gaussian_emd(x, y, sigma=0.7, spacing=0.1)
    for i in range(5):
        for j in range(5):
            distance = 0.1 * wasserstein_distance(np.arange(30), np.arange(30), x[i], y[j])
            assert kernel[i, j].item() == pytest.approx(np.exp(-(distance**2) / (2 * 0.49)), rel=1e-12)


def test_an_empty_histogram_is_refused():
    with pytest.raises(ValueError, match="`y` must have no empty histogram, got one in row 1"):
        gaussian_emd(torch.ones(2, 3, dtype=torch.float64), torch.tensor([[1.0, 0, 0], [0, 0, 0]], dtype=torch.float64))


def test_estimators_equal_their_sums(pair: tuple[Tensor, Tensor]):
    x, y = pair

    def mean(a: Tensor, b: Tensor, apart: bool = False) -> float:
        values = [
            float(torch.exp(-(p - q).square().sum() / 2))
            for i, p in enumerate(a)
            for j, q in enumerate(b)
            if not apart or i != j
        ]
        return sum(values) / len(values)

    gram = _gram(x, y)
    assert mmd_biased(gram) == pytest.approx(mean(x, x) + mean(y, y) - 2 * mean(x, y), abs=1e-14)
    assert mmd_unbiased(gram) == pytest.approx(mean(x, x, True) + mean(y, y, True) - 2 * mean(x, y), abs=1e-14)


def test_linear_gram_equals_dense(pair: tuple[Tensor, Tensor]):
    x, y = pair
    linear: Gram = LinearGram(csr_array(x.numpy()), csr_array(y.numpy()))
    dense: Gram = DenseGram(x @ x.T, y @ y.T, x @ y.T)
    assert (linear.n, linear.m) == (dense.n, dense.m) == (12, 7)
    weights = resamples(12, 7, draws=40, seed=0)
    for one, other in zip(linear.sums(weights.w, weights.v), dense.sums(weights.w, weights.v), strict=True):
        torch.testing.assert_close(one, other)
    torch.testing.assert_close(mmd_deviations(linear, weights), mmd_deviations(dense, weights))


def test_biased_of_a_resample_is_that_of_the_drawn_samples(pair: tuple[Tensor, Tensor]):
    """Weights mean repetition: sums over weights equal those over the repeated samples, equal indices left out."""
    x, y = pair
    weights = resamples(12, 7, draws=1, seed=3)
    index = torch.arange(12).repeat_interleave(weights.w[0].long())
    gram = _gram(x, y)
    apart = index[:, None] != index
    expected = (gaussian(x[index], x[index], sigma=1.0) * apart).sum()
    assert gram.sums(weights.w, weights.v)[0].item() == pytest.approx(expected.item())


def test_the_unbiased_is_unbiased():
    """Closed form for N(0, I) and N(mu, I) in two dimensions: 2 c - 2 c exp(-mu^2 / (2 (s^2 + 2))), c = s^2 / (s^2 + 2)."""
    truth = 2 / 3 * (1 - np.exp(-1 / 6))
    values = [mmd_unbiased(_gram(_normal(10, 2, seed=k), _shifted(_normal(5, 2, seed=k + 10_000)))) for k in range(2000)]
    error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values) - truth) < 4 * error < 0.02


@pytest.mark.parametrize("shift", [0.0, 0.4])
def test_deviations_have_the_spread_of_the_statistic(shift: float):
    """Over 300 repetitions; a plain bootstrap is sqrt(3) too wide at shift 0."""
    values, spreads, inside = [], [], 0
    truth = 2 / 3 * (1 - np.exp(-(shift**2) / 6))
    for k in range(300):
        gram = _gram(_normal(50, 2, seed=k), _shifted(_normal(30, 2, seed=k + 10_000), shift))
        deviations = mmd_deviations(gram, resamples(50, 30, draws=200, seed=k))
        values.append(mmd_unbiased(gram))
        spreads.append(float(deviations.std()))
        low, high = interval(values[-1], deviations)
        inside += low <= truth <= high
    assert 0.9 < np.mean(spreads) / np.std(values) < 1.25
    assert inside / 300 > 0.93


def test_equal_samples_have_no_spread():
    x = torch.ones(4, 1, dtype=torch.float64)
    gram = _gram(x, x)
    assert interval(mmd_unbiased(gram), mmd_deviations(gram, resamples(4, 4, draws=5, seed=0))) == (0, 0)


def test_subsets_average_the_biased_estimate(pair: tuple[Tensor, Tensor]):
    x, y = pair
    mean, deviation = mmd_of_subsets(_gram(x, y), size=12, subsets=3, seed=0)
    assert mean == pytest.approx(mmd_biased(_gram(x, y)), abs=1e-14)  # all samples, in whatever order
    assert deviation == pytest.approx(0, abs=1e-14)
    one = [mmd_biased(_gram(x[[i]], y)) for i in range(12)]
    mean, _ = mmd_of_subsets(_gram(x, y), size=1, subsets=4000, seed=0)
    assert mean == pytest.approx(np.mean(one), abs=4 * np.std(one) / np.sqrt(4000))
    with pytest.raises(ValueError, match=r"`size` must lie in \[1, 12\].*got 13"):
        mmd_of_subsets(_gram(x, y), size=13, seed=0)


def test_the_mean_of_scores_shares_its_draws():
    draws = _normal(2000, seed=4)
    mean, (low, high) = mean_interval([1.0, 3.0], [draws, -draws])
    assert mean == 2 and (low, high) == (2, 2)


def test_one_sample_is_too_few(pair: tuple[Tensor, Tensor]):
    with pytest.raises(ValueError, match="at least 2 samples, got 1 and 7"):
        mmd_unbiased(_gram(pair[0][:1], pair[1]))


def _shifted(x: Tensor, by: float = 1.0) -> Tensor:
    return x + torch.tensor([by, 0.0], dtype=torch.float64)
