"""Round trips between the parameterisations, and what each of them means."""

import itertools

import pytest
import torch

from sciml.processes.parameterisation import Parameterisation, compose, convert, decompose

TIMES = torch.cat([torch.logspace(-3, -1, 20), torch.linspace(0.1, 0.999, 30)]).double()


@pytest.fixture
def pair(generator):
    x_0 = torch.randn(len(TIMES), 7, generator=generator, dtype=torch.float64)
    return x_0, torch.randn(len(TIMES), 7, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("parameterisation", Parameterisation)
def test_decompose_inverts_compose(process, pair, parameterisation):
    x_0, eps = pair
    x_t = process.interpolate(x_0, eps, TIMES)
    prediction = compose(process, parameterisation, x_0, eps, TIMES)
    x_0_again, eps_again = decompose(process, parameterisation, x_t, prediction, TIMES)
    torch.testing.assert_close(x_0_again, x_0, rtol=0, atol=1e-6)
    torch.testing.assert_close(eps_again, eps, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("source", "target"), list(itertools.permutations(Parameterisation, 2)))
def test_there_and_back(process, pair, source, target):
    x_0, eps = pair
    x_t = process.interpolate(x_0, eps, TIMES)
    first = compose(process, source, x_0, eps, TIMES)
    there = convert(process, source, target, x_t, first, TIMES)
    torch.testing.assert_close(there, compose(process, target, x_0, eps, TIMES), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(convert(process, target, source, x_t, there, TIMES), first, rtol=1e-6, atol=1e-6)


def test_the_prediction_of_x0_is_x0_to_the_bit(process, pair):
    x_0, eps = pair
    x_t = process.interpolate(x_0, eps, TIMES)
    assert torch.equal(decompose(process, Parameterisation.X0, x_t, x_0, TIMES)[0], x_0)


def test_float32_states_stay_accurate(process, pair):
    x_0, eps = (x.float() for x in pair)
    x_t = process.interpolate(x_0, eps, TIMES)
    for parameterisation in Parameterisation:
        prediction = compose(process, parameterisation, x_0, eps, TIMES)
        x_0_again, eps_again = decompose(process, parameterisation, x_t, prediction, TIMES)
        x_t_again = process.interpolate(x_0_again, eps_again, TIMES)
        assert x_0_again.dtype == torch.float32
        assert ((x_t_again - x_t).abs() / (1 + x_t.abs())).max() < 1e-4


def test_velocity_is_the_slope_of_the_interpolation(process, pair):
    x_0, eps = pair
    h = 1e-6
    slope = (process.interpolate(x_0, eps, TIMES + h) - process.interpolate(x_0, eps, TIMES - h)) / (2 * h)
    torch.testing.assert_close(
        compose(process, Parameterisation.VELOCITY, x_0, eps, TIMES), slope, rtol=1e-5, atol=1e-5
    )


def test_velocity_is_the_flow_of_the_score(process, pair):
    """alpha' x_0 + sigma' eps = f x_t - g^2 score / 2."""
    x_0, eps = pair
    x_t, t = process.interpolate(x_0, eps, TIMES), TIMES[:, None]
    score = compose(process, Parameterisation.SCORE, x_0, eps, TIMES)
    expected = process.f(t) * x_t - process.g2(t) * score / 2
    torch.testing.assert_close(compose(process, Parameterisation.VELOCITY, x_0, eps, TIMES), expected)


def test_names_read_a_configuration():
    assert [Parameterisation(name) for name in ("x0", "eps", "v", "score", "velocity")] == list(Parameterisation)
    with pytest.raises(ValueError, match="epsilon"):
        Parameterisation("epsilon")
