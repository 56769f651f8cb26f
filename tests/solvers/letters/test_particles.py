"""Particles are resampled where their effective size asks for it, prompt by prompt."""

import math

import pytest
import torch

from sciml.solvers.letters.particles import Particles, particles_of

F64 = torch.float64


def weighted() -> Particles:
    """Three prompts of four particles: one of equal weights, one of effective size 3.33, one with a single particle left."""
    weights = torch.tensor([[1.0, 1, 1, 1], [4, 3, 2, 1], [1000, 0.01, 0.01, 0.01]], dtype=F64) / 4
    weights[1] /= 10
    return particles_of(torch.arange(12)[:, None].repeat(1, 2), 4).weighted(weights.log())


@pytest.mark.parametrize(
    ("threshold", "low"), [(0.0, [0, 0, 0]), (0.5, [0, 0, 1]), (0.8, [0, 0, 1]), (0.9, [0, 1, 1])], ids=str
)
def test_only_prompts_below_the_threshold_are_resampled(threshold: float, low: list[int]) -> None:
    before = weighted()
    after, source = before.resampled(threshold, torch.Generator().manual_seed(0))
    assert after.resamplings.tolist() == low
    assert torch.equal(after.rows[:, 0], source) and torch.equal(after.rows, before.rows[source])
    assert torch.equal(source.reshape(3, 4) // 4, torch.arange(3)[:, None].expand(3, 4))  # never across prompts
    torch.testing.assert_close(after.log_constant, before.log_constant)
    for prompt, resampled in enumerate(low):
        own = slice(4 * prompt, 4 * prompt + 4)
        if resampled:
            assert (after.log_weights[prompt] == 0).all() and after.banked[prompt] == before.log_constant[prompt]
        else:
            assert torch.equal(after.rows[own], before.rows[own])
            assert torch.equal(after.log_weights[prompt], before.log_weights[prompt]) and after.banked[prompt] == 0
    if low[2]:
        assert (after.rows[8:] == 8).all()


def test_the_constant_is_the_product_of_mean_weights() -> None:
    state = weighted()
    assert state.log_constant.exp().tolist() == pytest.approx([0.25, 0.0625, 1000.03 / 16])
    further, _ = state.resampled(1.0, torch.Generator().manual_seed(0))
    twice = further.weighted(torch.tensor([[2.0, 4, 6, 8]] * 3, dtype=F64).log())
    assert twice.log_constant.exp().tolist() == pytest.approx([1.25, 0.3125, 5000.15 / 16])


def test_draws_are_in_proportion_to_the_weights() -> None:
    generator, repeats, one = torch.Generator().manual_seed(0), 4000, weighted()
    many = particles_of(one.rows.repeat(repeats, 1), 4).weighted(one.log_weights.repeat(repeats, 1))
    for count in (1, 3):
        drawn = many.drawn(generator, count)[:, 0].reshape(repeats, 3, count)
        for prompt, shares in enumerate(([0.25] * 4, [0.4, 0.3, 0.2, 0.1], [1000 / 1000.03, 0, 0, 0])):
            found = torch.bincount(drawn[:, prompt].flatten() - 4 * prompt, minlength=4)
            assert (found / (repeats * count)).tolist() == pytest.approx(shares, abs=4 * math.sqrt(0.25 / repeats))


def test_rows_must_be_shared_out() -> None:
    with pytest.raises(ValueError, match="`particles` must divide the 10 rows, got 4"):
        particles_of(torch.zeros(10, 2, dtype=torch.long), 4)
