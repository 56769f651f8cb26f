"""Energy distance: against scipy on a line, the closed form of Gaussians, and sums written out."""

import math

import pytest
import torch
from scipy import stats
from torch import Generator

from sciml.metrics.energy_distance import energy_distance


def draws(count: int, size: int, seed: int) -> torch.Tensor:
    return torch.randn(count, size, generator=Generator().manual_seed(seed), dtype=torch.float64)


def test_on_a_line_it_is_scipy_s_but_for_pairs_of_a_sample_with_itself() -> None:
    x, y = draws(30, 1, 0), draws(40, 1, 1) * 2 + 1
    own = [torch.cdist(v, v).sum().item() for v in (x, y)]
    bias = own[0] / 30 / 29 - own[0] / 900 + own[1] / 40 / 39 - own[1] / 1600
    expected = stats.energy_distance(x[:, 0], y[:, 0]) ** 2
    assert energy_distance(x, y) + bias == pytest.approx(expected)
    assert energy_distance(x, y, biased=True) == pytest.approx(expected)


def test_of_equal_laws_its_mean_is_zero() -> None:
    values = torch.tensor([energy_distance(draws(50, 2, 2 * k), draws(50, 2, 2 * k + 1)) for k in range(200)])
    assert abs(values.mean().item()) < 4 * values.std().item() / math.sqrt(200)
    assert (values < 0).any()


def test_of_shifted_gaussians_it_is_the_closed_form() -> None:
    """E|N(m, 2)| = 2 / sqrt(pi) exp(-m^2 / 4) + m erf(m / 2) on a line."""
    shift = 1.5
    apart = 2 / math.sqrt(math.pi) * math.exp(-(shift**2) / 4) + shift * math.erf(shift / 2)
    expected = 2 * apart - 2 * 2 / math.sqrt(math.pi)
    assert energy_distance(draws(4000, 1, 0), draws(4000, 1, 1) + shift) == pytest.approx(expected, rel=0.05)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`y` must have samples of shape \(2,\), got \(3,\)"):
        energy_distance(draws(5, 2, 0), draws(5, 3, 0))
    with pytest.raises(ValueError, match="at least two samples each, got 1 and 5"):
        energy_distance(draws(1, 2, 0), draws(5, 2, 0))
