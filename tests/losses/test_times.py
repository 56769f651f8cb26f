"""Training times have the density they say, and cover it evenly."""

import pytest
import torch

from sciml.losses.times import noise_biased_times, uniform_times


@pytest.mark.parametrize("power", [0.5, 1.0, 3.0])
def test_times_follow_the_stated_law(generator, power):
    """P(t < 1 - (1 - t_min) u^power) = 1 - u."""
    t = noise_biased_times(0.01, power)(20000, generator)
    assert t.min() >= 0.01 and t.max() <= 1 and t.dtype == torch.float64
    for u in (0.1, 0.5, 0.9):
        assert (t < 1 - 0.99 * u**power).double().mean() == pytest.approx(1 - u, abs=1e-3)
    assert (1 - t).mean() == pytest.approx(0.99 / (1 + power), abs=1e-3)


def test_a_batch_has_one_time_in_each_stratum(generator):
    t = uniform_times(0.0)(64, generator)
    assert ((1 - t.sort().values).mul(64).floor().unique().numel()) == 64


def test_each_position_of_the_batch_sees_every_time(generator):
    draw = uniform_times(0.0)
    first = torch.stack([draw(8, generator)[0] for _ in range(800)])
    assert first.mean() == pytest.approx(0.5, abs=0.04) and first.std() == pytest.approx(12**-0.5, abs=0.02)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((1.0, 1.0), "`t_min` must lie in"), ((0.0, 0.0), "`power` must be positive"), ((0.0, float("nan")), "`power`")],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        noise_biased_times(*arguments)
