"""Weights of particles against their definitions, systematic draws against the counts that they must give."""

import math

import pytest
import torch

from sciml.numerics.resampling import effective_size, log_mean, systematic

F64 = torch.float64
WEIGHTS = torch.tensor(
    [[0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25], [0.0, 1.0, 0.0, 0.0], [0.7, 0.0, 0.3, 0.0]], dtype=F64
)


def test_the_effective_size_is_the_number_of_equal_weights_and_one_for_a_single() -> None:
    exact = [1 / 0.3, 4, 1, 1 / 0.58]
    for shift in (0.0, -2000.0, 900.0):
        assert effective_size(WEIGHTS.log() + shift).tolist() == pytest.approx(exact, rel=1e-9)
        assert log_mean(WEIGHTS.log() + shift).tolist() == pytest.approx([shift - math.log(4)] * 4)


@pytest.mark.parametrize("count", [1, 4, 7])
def test_each_is_drawn_as_often_as_its_weight_says_up_to_rounding(count: int) -> None:
    generator, wanted, repeats = torch.Generator().manual_seed(0), count * WEIGHTS, 4000
    totals = torch.zeros(4, 4, dtype=F64)
    for _ in range(repeats):
        found = systematic(WEIGHTS.log() + 3, count, generator)
        assert found.shape == (4, count)
        times = torch.stack([torch.bincount(row, minlength=4) for row in found])
        assert (times >= (wanted - 1e-9).floor()).all() and (times <= (wanted + 1e-9).ceil()).all()
        totals += times
    fraction = wanted - wanted.floor()
    error = 4.5 * (fraction * (1 - fraction) / repeats).sqrt()
    assert ((totals / repeats - wanted).abs() <= error + 1e-12).all()


def test_a_population_uses_one_number_whatever_the_weights() -> None:
    first, second = torch.Generator().manual_seed(1), torch.Generator().manual_seed(1)
    kept = systematic(WEIGHTS.log(), 4, first)
    changed = systematic(torch.cat([WEIGHTS[:1], WEIGHTS[[2, 0, 1]]]).log(), 4, second)
    assert torch.equal(kept[0], changed[0])
    assert torch.equal(first.get_state(), second.get_state())
