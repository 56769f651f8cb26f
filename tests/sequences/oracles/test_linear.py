"""Regressions against closed forms."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.sparse import csr_array

from sciml.sequences.oracles.linear import PENALTIES, LinearProblem, best_penalty


@pytest.fixture
def features() -> np.ndarray:
    generator = np.random.default_rng(0)
    columns = generator.normal(size=(80, 5)) * [1, 10, 0.1, 1, 0] + [0, 5, 0, 100, 3]  # unlike scales, one constant
    columns[:, 3] = generator.random(80) < 0.3
    return columns


def test_ridge_regression_is_that_of_the_normal_equations(features):
    values = np.random.default_rng(1).normal(size=80) * 7 + 2 * features[:, 0] + 40
    problem = LinearProblem(csr_array(features), values, classes=False)
    weights, bias = problem.coefficients(problem.solve(0.3, 1000))
    x = (features[:, :4] - features[:, :4].mean(0)) / features[:, :4].std(0)
    expected = np.linalg.solve(x.T @ x / 80 + 0.3 * np.eye(4), x.T @ (values - values.mean()) / 80) / features[:, :4].std(0)
    np.testing.assert_allclose(weights[:4], expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
    assert weights[4] == 0 and bias == pytest.approx(values.mean() - features[:, :4].mean(0) @ expected, rel=1e-4)


def test_logistic_regression_on_one_binary_feature_is_the_log_odds():
    """Without penalty the coefficient is the difference of the log odds: 3 of 4 against 1 of 5."""
    feature = np.repeat([1.0, 0.0], [4, 5])[:, None]
    values = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0], dtype=float)
    problem = LinearProblem(csr_array(feature), values, classes=True)
    weights, bias = problem.coefficients(problem.solve(1e-9, 1000))
    assert weights[0] == pytest.approx(np.log(3) + np.log(4), rel=1e-3) and bias == pytest.approx(-np.log(4), rel=1e-3)


@pytest.mark.parametrize("classes", [True, False])
def test_gradient_is_that_of_the_objective_and_vanishes_at_the_end(features, classes: bool):
    values = (features[:, 0] > 0).astype(float)
    problem = LinearProblem(csr_array(features), values, classes=classes)
    point = np.random.default_rng(2).normal(size=6)
    numeric = approx_fprime(point, lambda p: problem._objective(p, 0.1)[0], 1e-6)
    np.testing.assert_allclose(problem._objective(point, 0.1)[1], numeric, atol=1e-5)
    assert np.abs(problem._objective(problem.solve(0.1, 1000), 0.1)[1]).max() < 1e-4


def test_penalty_is_large_for_noise_and_small_for_a_rule():
    generator = np.random.default_rng(3)
    features = generator.normal(size=(500, 100))
    noise, rule = generator.normal(size=500), features[:, :50].sum(1)
    chosen = [best_penalty(csr_array(features), v, np.random.default_rng(0), classes=False) for v in (noise, rule)]
    assert chosen == [max(PENALTIES), min(PENALTIES)]
