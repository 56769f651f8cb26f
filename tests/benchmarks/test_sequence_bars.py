"""What benchmarks/sequences.py measures with, on cases whose answers are known."""

import math

import pytest
import torch
from sequence_bars import (
    GB1_LOG_MEAN,
    against_table,
    divergence_error,
    exact_errors,
    peaks_law,
    simulated_landscape,
    slope,
    table_reward,
    tilted,
    tuned_on_landscape,
)


def test_a_tilted_law_is_that_of_gibbs() -> None:
    reward = torch.tensor([[0.0, 1.0], [2.0, 0.0]], dtype=torch.float64)
    weights = (reward / 0.5).exp()
    torch.testing.assert_close(tilted(reward, 0.5), weights / weights.sum())


def test_the_law_of_a_chain_of_order_two() -> None:
    """Every triple of ACGT repeated is followed by one letter only, but for the pseudocount."""
    tokens = torch.arange(100).remainder(4).repeat(50, 1)
    law = peaks_law(tokens, 4)
    assert law.sum().item() == pytest.approx(1) and law.shape == (4, 4, 4, 4)
    assert law[0, 1, 2, 3].item() == pytest.approx(0.24, abs=0.02)


def test_a_table_is_a_reward_with_the_slope_of_its_multilinear_extension() -> None:
    table = torch.rand(3, 3, 3, generator=torch.Generator().manual_seed(0))
    letters = torch.randint(3, (20, 3), generator=torch.Generator().manual_seed(1))
    x = torch.nn.functional.one_hot(letters, 3).float().requires_grad_()
    plain = torch.einsum("abc,za,zb,zc->z", table, x[:, 0], x[:, 1], x[:, 2])
    found = table_reward(table)(x)
    torch.testing.assert_close(found, plain)
    torch.testing.assert_close(*(torch.autograd.grad(each.sum(), x)[0] for each in (found, plain)))


def test_the_divergence_of_steps_is_that_of_their_kernels() -> None:
    assert divergence_error() < 1e-5


def test_a_line_of_errors_has_its_slope() -> None:
    assert slope({4: 0.2, 8: 0.1, 16: 0.05}) == pytest.approx(-1)
    assert against_table({1: 0.5, 2: 0.3}, {1: 0.45, 2: 0.3, 4: 0.1}) == pytest.approx(0.05)


def test_one_step_samples_marginals() -> None:
    """Two letters that are equal: sampled at once they differ half the time."""
    law = torch.eye(2, dtype=torch.float64) / 2
    assert exact_errors(law, (1,))[1] == pytest.approx(0.5)
    assert exact_errors(law, (2,))[2] == pytest.approx(0.25)


def test_a_simulated_landscape_is_like_gb1() -> None:
    """Of GB1: mean .075, median .003, best hundredth from 2.07; exact reward at alpha 1 1.889."""
    fitness = simulated_landscape(torch.Generator().manual_seed(0))
    assert fitness.flatten().exp().mean().log().item() == pytest.approx(GB1_LOG_MEAN)
    assert fitness.mean() < 0.2 and fitness.median() < 0.05 and 5 < fitness.max() <= 8.76
    assert 1.5 < (tilted(fitness, 1.0) * fitness).sum() < 3.0


def test_fine_tuning_comes_near_the_tilted_law() -> None:
    fitness = torch.zeros(4, 4, dtype=torch.float64)
    fitness[1, 2], fitness[3, 0] = 2.0, 1.0
    found = tuned_on_landscape(fitness, seed=0, steps=120)
    assert found["tv"] < 0.3 * found["tv_before"]
    assert found["exact_reward"] == pytest.approx((2 * math.e**2 + math.e) / (14 + math.e**2 + math.e))
    assert found["reward"] == pytest.approx(found["exact_reward"], abs=0.15)
