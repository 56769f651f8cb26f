"""Round trips between the parameterisations, and what each of them means."""

import itertools

import pytest
import torch

from sciml.processes.parameterisation import ConditionalV, Parameterisation, compose, convert, decompose
from sciml.processes.vp import VPCosine

TIMES = torch.cat([torch.logspace(-3, -1, 20), torch.linspace(0.1, 0.999, 30)]).double()

PREDICTIONS = [*Parameterisation, ConditionalV(0.2), ConditionalV(3.0)]


@pytest.fixture
def pair(generator):
    x_0 = torch.randn(len(TIMES), 7, generator=generator, dtype=torch.float64)
    return x_0, torch.randn(len(TIMES), 7, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("parameterisation", PREDICTIONS)
def test_decompose_inverts_compose(process, pair, parameterisation):
    x_0, eps = pair
    x_t = process.interpolate(x_0, eps, TIMES)
    prediction = compose(process, parameterisation, x_0, eps, TIMES)
    x_0_again, eps_again = decompose(process, parameterisation, x_t, prediction, TIMES)
    torch.testing.assert_close(x_0_again, x_0, rtol=0, atol=1e-6)
    torch.testing.assert_close(eps_again, eps, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("source", "target"), list(itertools.permutations(PREDICTIONS, 2)))
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
    for parameterisation in PREDICTIONS:
        prediction = compose(process, parameterisation, x_0, eps, TIMES)
        x_0_again, eps_again = decompose(process, parameterisation, x_t, prediction, TIMES)
        x_t_again = process.interpolate(x_0_again, eps_again, TIMES)
        assert x_0_again.dtype == torch.float32
        assert ((x_t_again - x_t).abs() / (1 + x_t.abs())).max() < 1e-4


def test_velocity_is_the_slope_of_the_interpolation(process, pair):
    x_0, eps = pair
    h = 1e-6
    slope = (process.interpolate(x_0, eps, TIMES + h) - process.interpolate(x_0, eps, TIMES - h)) / (2 * h)
    torch.testing.assert_close(compose(process, Parameterisation.VELOCITY, x_0, eps, TIMES), slope, rtol=1e-5, atol=1e-5)


def test_velocity_is_the_flow_of_the_score(process, pair):
    """alpha' x_0 + sigma' eps = f x_t - g^2 score / 2."""
    x_0, eps = pair
    x_t, t = process.interpolate(x_0, eps, TIMES), TIMES[:, None]
    score = compose(process, Parameterisation.SCORE, x_0, eps, TIMES)
    expected = process.f(t) * x_t - process.g2(t) * score / 2
    torch.testing.assert_close(compose(process, Parameterisation.VELOCITY, x_0, eps, TIMES), expected)


def test_conditional_v_of_unit_deviation_is_v(pair):
    x_0, eps = pair
    ours = compose(VPCosine(), ConditionalV(1.0), x_0, eps, TIMES)
    torch.testing.assert_close(ours, compose(VPCosine(), Parameterisation.V, x_0, eps, TIMES))


@pytest.mark.parametrize("deviation", [0.05, 0.3])
def test_conditional_v_is_minus_the_mean_under_strong_noise(pair, deviation):
    """The posterior mean of data N(m, s^2) given x_t, said as ConditionalV(s), is -m sigma / sqrt(s^2 alpha^2 + sigma^2)."""
    process, (m, noise) = VPCosine(), pair
    alpha, sigma = process.alpha(TIMES)[:, None], process.sigma(TIMES)[:, None]
    x_t = alpha * m + (deviation**2 * alpha**2 + sigma**2).sqrt() * noise
    gain = alpha * deviation**2 / (alpha**2 * deviation**2 + sigma**2)
    mean = m + gain * (x_t - alpha * m)
    said = compose(process, ConditionalV(deviation), mean, (x_t - alpha * mean) / sigma, TIMES)
    torch.testing.assert_close(said, -m * sigma / (deviation**2 * alpha**2 + sigma**2).sqrt())


def test_conditional_v_names_a_bad_deviation():
    with pytest.raises(ValueError, match=r"`deviation` must be positive and finite, got 0"):
        ConditionalV(0.0)


def test_names_read_a_configuration():
    assert [Parameterisation(name) for name in ("x0", "eps", "v", "score", "velocity")] == list(Parameterisation)
    with pytest.raises(ValueError, match="epsilon"):
        Parameterisation("epsilon")
