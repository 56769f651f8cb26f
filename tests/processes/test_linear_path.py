"""The straight path: what straight means, where it starts and where it ends."""

import pytest
import torch

from sciml.processes.linear_path import LinearPath
from sciml.processes.parameterisation import Parameterisation, compose

F64 = torch.float64


def test_states_lie_on_a_line_walked_at_one_speed(generator):
    process, (x_0, eps) = LinearPath(), torch.randn(2, 4, 3, generator=generator, dtype=F64)
    t = torch.tensor(0.37, dtype=F64)
    torch.testing.assert_close(process.interpolate(x_0, eps, t), x_0 + 0.9933 * t * (eps - x_0))
    for time in (0.1, 0.9):
        velocity = compose(process, Parameterisation.VELOCITY, x_0, eps, torch.tensor(time, dtype=F64))
        torch.testing.assert_close(velocity, 0.9933 * (eps - x_0))


def test_the_coefficients_at_the_ends():
    process, ends = LinearPath(), torch.tensor([0.0, 1.0], dtype=F64)
    assert process.alpha(ends)[0] == 1 and process.sigma(ends)[0] == 0 and process.g2(ends)[0] == 0
    assert process.lambda_(ends)[1].item() == pytest.approx(-5.0, abs=0.01)


def test_sigma_grows_as_t():
    t = torch.tensor([1e-12, 1e-10, 1e-8], dtype=F64)
    torch.testing.assert_close(LinearPath().sigma(t) / t, torch.full((3,), 0.9933, dtype=F64), rtol=1e-14, atol=0)


@pytest.mark.parametrize("end", [0.0, 1.0, float("nan")])
def test_a_bad_end_is_named(end):
    with pytest.raises(ValueError, match=rf"`end` must lie in \(0, 1\), got {end}"):
        LinearPath(end=end)
