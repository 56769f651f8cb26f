"""The Frechet distance against closed forms, the network against the package and against the published floor."""

import csv
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from fcd.utils import calculate_frechet_distance
from rdkit import Chem

from sciml.graphs.metrics.chemnet import Moments, chemnet_features, frechet_distance, moments
from sciml.metrics.mmd import resamples


def _gaussian(count: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(8, 8, generator=generator, dtype=torch.float64)
    return torch.randn(count, 8, generator=generator, dtype=torch.float64) @ mixing


def test_distance_of_gaussians_with_common_axes():
    """sum (m_i - n_i)^2 + (s_i - t_i)^2."""
    one = Moments(torch.tensor([0.0, 1.0]).double(), torch.diag(torch.tensor([4.0, 0.0])).double(), 5)
    other = Moments(torch.tensor([3.0, 1.0]).double(), torch.diag(torch.tensor([1.0, 9.0])).double(), 5)
    assert frechet_distance(one, other) == pytest.approx(9 + 1 + 9, rel=1e-12)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-12)


def test_distance_and_moments_equal_the_package():
    x, y = _gaussian(40, 1), _gaussian(30, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it calls a deprecated function of scipy
        expected = calculate_frechet_distance(x.mean(0).numpy(), np.cov(x.numpy().T), y.mean(0).numpy(), np.cov(y.numpy().T))
    assert frechet_distance(moments(x), moments(y)) == pytest.approx(expected, rel=1e-9)


def test_moments_of_weights_are_those_of_repetition():
    x = _gaussian(20, 3)
    weights = resamples(20, 1, draws=1, seed=0).w[0]
    one, other = moments(x, weights), moments(x.repeat_interleave(weights.long(), dim=0))
    torch.testing.assert_close(one.mean, other.mean)
    torch.testing.assert_close(one.covariance, other.covariance)
    assert one.count == other.count == 20


def test_features_keep_order_and_do_not_depend_on_the_batch():
    names = ["CCO", "c1ccccc1", "CCO", "N"]
    features = chemnet_features(names)
    assert features.shape == (4, 512) and torch.equal(features[0], features[2])
    torch.testing.assert_close(chemnet_features(["N"])[0], features[3], atol=1e-6, rtol=1e-5)
    with pytest.raises(ValueError, match="shorter than 350 characters"):
        chemnet_features(["C" * 350])


def test_floor_of_real_molecules(mirror: Path):
    """300 of QM9 against 1200 others: 1.37 to 1.52 over twelve seeds."""
    with open(mirror / "molecules/qm9.csv", newline="") as file:
        rows = [row["smiles"] for row in csv.DictReader(file)]
    chosen = np.random.default_rng(0).permutation(len(rows))[:1500]
    features = chemnet_features([Chem.CanonSmiles(rows[k]) for k in chosen])
    assert frechet_distance(moments(features[:300]), moments(features[300:])) == pytest.approx(1.45, abs=0.15)
