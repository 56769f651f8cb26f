"""Ensemble scores against closed forms."""

import math

import pytest
import torch
from torch import Generator, Tensor

from sciml.metrics.ensembles import crps, ensemble_mean, spread_skill
from sciml.metrics.errors import mean_absolute_error


def _normal(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=Generator().manual_seed(seed))


def _gaussian_crps(mean: float, deviation: float, truth: float) -> float:
    """Closed form for N(mean, deviation^2), Gneiting et al. 2005, doi:10.1175/MWR2904.1."""
    z = (truth - mean) / deviation
    density = math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    return deviation * (z * math.erf(z / math.sqrt(2)) + 2 * density - 1 / math.sqrt(math.pi))


@pytest.mark.parametrize(("mean", "deviation", "truth"), [(0.0, 1.0, 0.0), (1.0, 0.5, 2.5), (-3.0, 2.0, -3.5)])
def test_crps_of_a_large_gaussian_ensemble(mean: float, deviation: float, truth: float) -> None:
    ensemble = mean + deviation * _normal(1, 200_000, 1, 1, 1, seed=1)
    score = crps(ensemble, torch.full((1, 1, 1, 1), truth, dtype=torch.float64))
    assert score.item() == pytest.approx(_gaussian_crps(mean, deviation, truth), abs=0.01 * deviation)


@pytest.mark.parametrize("members", [2, 3, 8])
def test_crps_is_unbiased_for_few_members(members: int) -> None:
    """The mean over 200,000 small ensembles is the score of the Gaussian itself, not of its m-member sketch."""
    ensemble = _normal(200_000, members, 1, 1, 1, seed=2)
    score = crps(ensemble, torch.full((200_000, 1, 1, 1), 0.7, dtype=torch.float64))
    assert score.item() == pytest.approx(_gaussian_crps(0, 1, 0.7), abs=6e-3)  # standard error below 2e-3


def test_crps_equals_the_sum_over_pairs() -> None:
    ensemble, truth = _normal(3, 5, 2, 4, 6, seed=3), _normal(3, 2, 4, 6, seed=4)
    distance = (ensemble - truth.unsqueeze(1)).abs().mean()
    pairs = (ensemble.unsqueeze(1) - ensemble.unsqueeze(2)).abs().sum((1, 2)).mean() / 2
    assert crps(ensemble, truth).item() == pytest.approx((distance - pairs / (5 * 4)).item(), rel=1e-12)


def test_crps_of_one_member_is_the_absolute_error() -> None:
    member, truth = _normal(3, 1, 2, 4, 6, seed=5), _normal(3, 2, 4, 6, seed=6)
    assert crps(member, truth) == mean_absolute_error(member[:, 0], truth)


def test_crps_of_equal_members_is_the_absolute_error() -> None:
    member, truth = _normal(3, 1, 1, 4, 6, seed=5), _normal(3, 1, 4, 6, seed=6)
    score = crps(member.expand(-1, 7, -1, -1, -1), truth)
    assert score.item() == pytest.approx(mean_absolute_error(member[:, 0], truth).item(), rel=1e-12)


def test_crps_prefers_the_true_distribution() -> None:
    """Proper: drawing from the truth's own distribution beats sharper, broader and shifted ensembles."""
    truth, noise = _normal(20_000, 1, 1, 1, seed=7), _normal(20_000, 8, 1, 1, 1, seed=8)
    best = crps(noise, truth)
    assert all(best < crps(other, truth) for other in (0.6 * noise, 1.6 * noise, noise + 0.5))


def test_order_shift_and_unit() -> None:
    ensemble, truth = _normal(3, 5, 1, 4, 6, seed=9), _normal(3, 1, 4, 6, seed=10)
    for score, power in ((crps, 1), (spread_skill, 0)):
        value = score(ensemble, truth).item()
        assert score(ensemble.flip(1), truth).item() == pytest.approx(value)
        assert score(ensemble + 280, truth + 280).item() == pytest.approx(value, rel=1e-9)
        assert score(3 * ensemble, 3 * truth).item() == pytest.approx(3**power * value)


@pytest.mark.parametrize("members", [2, 4, 16])
def test_spread_skill_is_one_for_exchangeable_draws(members: int) -> None:
    draws = 5 + 2 * _normal(100_000, members + 1, 1, 1, 1, seed=11)
    assert spread_skill(draws[:, 1:], draws[:, 0]).item() == pytest.approx(1, abs=0.01)


def test_spread_skill_tells_overconfidence() -> None:
    draws = _normal(100_000, 9, 1, 1, 1, seed=12)
    ensemble, truth = draws[:, 1:], draws[:, 0]
    expected = 0.5 * math.sqrt((1 + 1 / 8) / (1 + 0.25 / 8))  # spread halved; the mean's own error shrinks, too
    assert spread_skill(0.5 * ensemble, truth).item() == pytest.approx(expected, abs=0.01)


def test_spread_skill_needs_two_members() -> None:
    with pytest.raises(ValueError, match="at least 2 members, got 1"):
        spread_skill(torch.zeros(2, 1, 1, 1, 1), torch.zeros(2, 1, 1, 1))


def test_mean_of_members() -> None:
    ensemble = torch.tensor([1.0, 2, 6]).reshape(1, 3, 1, 1, 1)
    assert ensemble_mean(ensemble).item() == 3
    assert ensemble_mean(ensemble).dtype == torch.float64


def test_shapes_must_agree() -> None:
    with pytest.raises((ValueError, TypeError), match=r"ensemble|truth|type"):
        crps(torch.zeros(2, 3, 1, 1, 4), torch.zeros(2, 1, 1, 5))
