"""Training times have the density they say, and cover it evenly."""

import pytest
import torch
from torch.distributions import Normal

from sciml.losses.times import focused_times, noise_biased_times, uniform_times
from sciml.processes.catalog import PROCESSES


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


@pytest.mark.parametrize("name", ["vp_cosine", "ve"])
def test_a_share_of_focused_times_has_normal_log_noise_and_the_rest_is_uniform(generator, name):
    """P(t < s) = (1 - share) (s - t_min) / (1 - t_min) + share P(a normal variable, cut off at the ends, is below)."""
    process, normal = PROCESSES[name](), Normal(torch.tensor(-0.5, dtype=torch.float64), torch.tensor(0.5))
    t = focused_times(process, 0.01, 0.6)(20000, generator)

    def level(time: float) -> torch.Tensor:
        time = torch.tensor(time, dtype=torch.float64)
        return normal.cdf((process.sigma(time) / process.alpha(time)).log())

    assert t.min() >= 0.01 and t.max() <= 1 and t.dtype == torch.float64
    for s in (0.1, 0.3, 0.5, 0.9):
        focused = (level(s) - level(0.01)) / (level(1.0) - level(0.01))
        assert (t < s).double().mean() == pytest.approx(0.4 * (s - 0.01) / 0.99 + 0.6 * focused.item(), abs=1e-3)


def test_no_share_is_uniform_and_all_of_it_is_normal(generator):
    process = PROCESSES["vp_cosine"]()
    uniform, none = (
        draw(9, torch.Generator().manual_seed(4)) for draw in (uniform_times(0.01), focused_times(process, 0.01, 0.0))
    )
    assert torch.equal(uniform, none)
    levels = (process.sigma(t := focused_times(process, 1e-3, 1.0)(20000, generator)) / process.alpha(t)).log()
    assert levels.mean() == pytest.approx(-0.5, abs=1e-3) and levels.std() == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"share": 1.5}, r"`share` must lie in \[0, 1\], got 1.5"),
        ({"share": 0.5, "deviation": 0.0}, "`deviation` must be positive and finite, got 0.0"),
        ({"share": 0.5, "t_min": 1.0}, "`t_min` must lie in"),
    ],
)
def test_bad_focus_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        focused_times(PROCESSES["vp_cosine"](), **{"t_min": 0.01} | arguments)
