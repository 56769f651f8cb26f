"""Typicality of normal log-likelihoods, whose z and band are known, and of the mode of a law of letters."""

import math

import pytest
import torch

from sciml.sequences.metrics.typicality import typical_set


def test_z_and_band_of_normal_values():
    quantiles = torch.linspace(0, 1, 20001, dtype=torch.float64)[1:-1]
    real = -100 + 5 * math.sqrt(2) * torch.special.erfinv(2 * quantiles - 1)
    found = typical_set(real)
    assert (found.mean, found.deviation) == pytest.approx((-100, 5), rel=1e-3)
    assert (found.band.low, found.band.high) == pytest.approx((-109.8, -90.2), abs=0.02)
    assert found.standardised(torch.tensor([-95.0, -85.0])).item() == pytest.approx(2, rel=1e-3)
    assert found.standardised(torch.tensor([-95.0, -85.0]), torch.tensor([[3.0, 1.0]]).double()).item() == pytest.approx(
        1.5, rel=1e-3
    )
    assert found.inside(torch.tensor([-110.0, -109.0, -91.0, -90.0])).tolist() == [False, True, True, False]


def test_the_mode_is_likelier_than_every_draw_and_not_typical():
    """Letters drawn independently with probabilities .7, .1, .1, .1: the mode, all of the first, lies far outside."""
    letters = torch.tensor([0.7, 0.1, 0.1, 0.1], dtype=torch.float64)
    draws = torch.multinomial(letters, 500 * 100, replacement=True, generator=torch.Generator().manual_seed(0))
    real = letters.log()[draws].view(500, 100).sum(1)
    found = typical_set(real)
    mode = torch.full((10,), 100 * math.log(0.7), dtype=torch.float64)
    spread = math.sqrt(100 * 0.7 * 0.3) * math.log(7)
    assert found.standardised(mode).item() == pytest.approx(30 * math.log(7) / spread, rel=0.05)
    assert not found.inside(mode).any() and mode[0] > real.max()


def test_bad_values_are_refused():
    for values in ([1.0], [2.0, 2.0]):
        with pytest.raises(ValueError, match="`real` must hold at least 2 values that differ"):
            typical_set(torch.tensor(values))
    with pytest.raises(ValueError, match="`real` must hold finite values"):
        typical_set(torch.tensor([1.0, torch.inf]))
