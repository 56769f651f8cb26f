"""Every process of the catalog: its coefficients agree with one another, and its draws with its coefficients."""

import pytest
import torch

from sciml.processes.ve import VE

TIMES = torch.linspace(1e-3, 0.999, 500, dtype=torch.float64)


def derivative(function, t, h=1e-6):
    return (function(t + h) - function(t - h)) / (2 * h)


def test_starts_at_the_data_and_lambda_falls(process):
    assert process.alpha(torch.zeros((), dtype=torch.float64)) == 1
    assert (process.lambda_(torch.linspace(1e-9, 1, 1000, dtype=torch.float64)).diff() < 0).all()
    assert torch.isfinite(process.lambda_(torch.ones((), dtype=torch.float64)))


def test_t_of_lambda_inverts_lambda(process):
    t = torch.cat([TIMES, torch.logspace(-8, 0, 50, dtype=torch.float64)])
    assert (process.t_of_lambda(process.lambda_(t)) - t).abs().max() < 1e-10


def test_lambda_is_the_log_ratio(process):
    torch.testing.assert_close(process.lambda_(TIMES).exp(), process.alpha(TIMES) / process.sigma(TIMES), rtol=1e-12, atol=0)


def test_drift_and_diffusion_match_finite_differences(process):
    f = derivative(lambda t: process.alpha(t).log(), TIMES)
    g2 = derivative(lambda t: process.sigma(t) ** 2, TIMES) - 2 * process.f(TIMES) * process.sigma(TIMES) ** 2
    torch.testing.assert_close(process.f(TIMES), f, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(process.g2(TIMES), g2, rtol=1e-5, atol=1e-8)


def test_dots_match_finite_differences(process):
    torch.testing.assert_close(process.alpha_dot(TIMES), derivative(process.alpha, TIMES), rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(process.sigma_dot(TIMES), derivative(process.sigma, TIMES), rtol=1e-5, atol=1e-8)


def test_the_sde_has_the_marginal_variance(process):
    """d var / dt = 2 f var + g^2 from var(0) = 1 + sigma_0^2 gives alpha^2 + sigma^2 (RK4)."""
    n = 20000
    h = 1 / n
    t = torch.arange(n + 1, dtype=torch.float64) / n
    middle = t[:-1] + h / 2
    f, g2, f_mid, g2_mid = (c.tolist() for c in (process.f(t), process.g2(t), process.f(middle), process.g2(middle)))
    variance = 1 + process.sigma(t[0]).item() ** 2
    for i in range(n):
        k_1 = 2 * f[i] * variance + g2[i]
        k_2 = 2 * f_mid[i] * (variance + h / 2 * k_1) + g2_mid[i]
        k_3 = 2 * f_mid[i] * (variance + h / 2 * k_2) + g2_mid[i]
        k_4 = 2 * f[i + 1] * (variance + h * k_3) + g2[i + 1]
        variance += h / 6 * (k_1 + 2 * k_2 + 2 * k_3 + k_4)
    exact = (process.alpha(t[-1]) ** 2 + process.sigma(t[-1]) ** 2).item()
    assert variance == pytest.approx(exact, rel=1e-8)


def test_sigma_is_accurate_near_the_data(process):
    """sigma'(t) of the tiny times is that of a local power law: no cancellation down to t = 1e-12."""
    t = torch.tensor([1e-12, 1e-10, 1e-8], dtype=torch.float64)
    variance = process.sigma(t) ** 2
    slope = (variance[1:] / variance[:-1]).log10() / 2
    expected = {"VPLinear": 1, "VPCosine": 1, "SubVP": 2, "VE": 0, "LinearPath": 2}[type(process).__name__]
    assert (slope - expected).abs().max() < 1e-5


def test_prior_has_the_final_noise(process, generator):
    draw = process.prior((20000, 2), generator=generator, dtype=torch.float64)
    sigma = process.sigma(torch.ones((), dtype=torch.float64))
    assert draw.dtype == torch.float64 and draw.shape == (20000, 2)
    assert abs(draw.mean() / sigma) < 0.02
    assert draw.std() / sigma == pytest.approx(1, abs=0.02)


def test_perturb_has_the_stated_moments(process, generator):
    t = torch.tensor(0.3, dtype=torch.float64)
    draw = process.perturb(torch.full((20000, 2), 2.0, dtype=torch.float64), t, generator=generator)
    assert draw.mean() == pytest.approx(2 * process.alpha(t).item(), abs=0.02 * process.sigma(t).item())
    assert draw.std() == pytest.approx(process.sigma(t).item(), rel=0.02)


@pytest.mark.parametrize("shape", [(), (4,), (4, 1, 1), (4, 3), (1, 3, 2)])
def test_times_line_up_with_the_leading_dimensions(process, shape):
    t = torch.rand(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    x_0 = torch.ones(4, 3, 2)
    draw = process.perturb(x_0, t, generator=torch.Generator().manual_seed(1))
    eps = torch.randn(4, 3, 2, generator=torch.Generator().manual_seed(1))
    padded = t.reshape(shape + (1,) * (3 - len(shape))) if shape else t
    expected = (process.alpha(padded).float() * x_0) + process.sigma(padded).float() * eps
    assert draw.dtype == torch.float32
    torch.testing.assert_close(draw, expected)


@pytest.mark.parametrize("shape", [(3,), (4, 2), (4, 3, 2, 1)])
def test_times_that_do_not_line_up_are_refused(process, generator, shape):
    with pytest.raises(ValueError, match="`t` must match the leading dimensions"):
        process.perturb(torch.ones(4, 3, 2), torch.full(shape, 0.5), generator=generator)


@pytest.mark.parametrize(("t", "s"), [(1.0, 0.5), (0.5, 0.45), (0.2, 0.001)])
def test_perturb_then_bridge_has_the_earlier_marginal(process, generator, t, s):
    t, s = torch.tensor(t, dtype=torch.float64), torch.tensor(s, dtype=torch.float64)
    x_0 = torch.full((40000,), 1.5, dtype=torch.float64)
    x_t = process.perturb(x_0, t, generator=generator)
    x_s = process.bridge(x_0, x_t, t, s, generator=generator)
    sigma = process.sigma(s).item()
    assert x_s.mean() == pytest.approx(1.5 * process.alpha(s).item(), abs=0.02 * sigma)
    assert x_s.std() == pytest.approx(sigma, rel=0.02)
    # the joint law too: Cov(x_s, x_t) = (alpha_t / alpha_s) sigma_s^2
    covariance = torch.cov(torch.stack([x_s, x_t]))[0, 1].item()
    exact = (process.alpha(t) / process.alpha(s) * process.sigma(s) ** 2).item()
    assert covariance == pytest.approx(exact, abs=0.02 * sigma * process.sigma(t).item())


def test_bridge_onto_no_noise_returns_the_data(process, generator):
    x_0, x_t = torch.randn(5, 3, generator=generator), torch.randn(5, 3, generator=generator)
    s = torch.zeros(5, dtype=torch.float64)
    x_s = process.bridge(x_0, x_t, torch.linspace(0.1, 1, 5), s, generator=generator)
    if process.sigma(s[0]) == 0:  # VE keeps sigma_min, and so some of x_t
        assert torch.equal(x_s, x_0)
    else:
        assert isinstance(process, VE)
