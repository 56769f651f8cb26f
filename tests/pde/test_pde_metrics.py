"""Scores of forecasts whose scores are known."""

import pytest
import torch

from sciml.pde.metrics import score, steep_mask


def test_the_steep_mask_finds_the_shock() -> None:
    x = torch.linspace(0, 1, 100)
    fields = torch.tanh((x - 0.4) / 0.01).expand(1, 1, 3, 100) + 0.1 * x
    marked = steep_mask(fields)[0, 0, 1].nonzero().flatten()
    assert len(marked) == 5
    assert abs(float(x[marked].mean()) - 0.4) < 0.01


def test_a_constant_field_has_no_shock() -> None:
    assert not steep_mask(torch.ones(2, 1, 3, 20)).any()
    assert score(torch.ones(2, 4, 1, 3, 20), torch.ones(2, 1, 3, 20))["shock_mse"] is None


def test_scores_of_independent_errors() -> None:
    """Members are truth plus unit noise: MSE 1, of the mean of four 1/4, of eight 1/8, all at any step."""
    noise = torch.Generator().manual_seed(0)
    truth = torch.randn(40, 1, 5, 200, generator=noise)
    scores = score(truth.unsqueeze(1) + torch.randn(40, 8, 1, 5, 200, generator=noise), truth)
    assert scores["mse"] == pytest.approx(1, abs=0.02)
    assert scores["mse_mean4"] == pytest.approx(1 / 4, abs=0.01)
    assert scores["mse_mean"] == pytest.approx(1 / 8, abs=0.01)
    assert scores["mae"] == pytest.approx((2 / torch.pi) ** 0.5, abs=0.01)
    assert scores["mse_by_step"] == pytest.approx([1] * 5, abs=0.05)
    # E|X| - E|X - X'|/2 of unit normals about the truth
    assert scores["crps"] == pytest.approx((2 / torch.pi) ** 0.5 - 1 / torch.pi**0.5, abs=0.01)


def test_one_member_has_no_spread_and_its_crps_is_its_error() -> None:
    truth = torch.randn(4, 1, 5, 20)
    scores = score(truth.unsqueeze(1) + 0.5, truth)
    assert scores["spread_skill"] is None
    assert scores["mse_mean4"] is None
    assert scores["crps"] == pytest.approx(scores["mae"]) == pytest.approx(0.5)
