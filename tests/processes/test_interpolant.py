"""The coefficients of the paths, and what is said of their ends."""

import pytest
import torch

from sciml.processes.interpolant import Interpolant

F64 = torch.float64
PATHS = ["linear", "trigonometric", "encoding_decoding"]


@pytest.mark.parametrize("path", PATHS)
def test_the_ends_are_the_data(path, generator):
    p, (x_0, x_1, z) = Interpolant(path, noise=0.7), torch.randn(3, 4, 2, generator=generator, dtype=F64)
    for t, x in ((0.0, x_0), (1.0, x_1)):
        torch.testing.assert_close(p.interpolate(x_0, x_1, z, torch.tensor(t, dtype=F64)), x)


@pytest.mark.parametrize("path", PATHS)
def test_derivatives_match_finite_differences(path):
    p, h = Interpolant(path, noise=0.7), 1e-6
    t = torch.linspace(0.01, 0.99, 50, dtype=F64)
    for value, slope in ((p.alpha, p.alpha_dot), (p.beta, p.beta_dot), (p.gamma, p.gamma_dot)):
        torch.testing.assert_close(slope(t), (value(t + h) - value(t - h)) / (2 * h), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(p.half_gamma2_dot(t), p.gamma(t) * p.gamma_dot(t))


def test_the_table_of_the_paper_at_a_third():
    t = torch.tensor(1 / 3, dtype=F64)
    expected = {
        "linear": (2 / 3, 1 / 3, 2 / 3),
        "trigonometric": (3**0.5 / 2, 1 / 2, 2 / 3),
        "encoding_decoding": (1 / 4, 0.0, 3 / 4),
    }
    for path, values in expected.items():
        p = Interpolant(path)
        found = (p.alpha(t), p.beta(t), p.gamma(t))
        assert [v.item() for v in found] == pytest.approx(values)


def test_times_line_up_with_the_leading_dimensions(generator):
    p, (x_0, x_1, z) = Interpolant("trigonometric"), torch.randn(3, 4, 2, generator=generator)
    t = torch.rand(4, generator=generator, dtype=F64)
    states = torch.stack([p.interpolate(*(v[i : i + 1] for v in (x_0, x_1, z)), t[i])[0] for i in range(4)])
    torch.testing.assert_close(p.interpolate(x_0, x_1, z, t), states)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"path": "cubic"}, "`path` must be one of linear, trigonometric, encoding_decoding, got 'cubic'"),
        ({"noise": 0.0}, "`noise` must be positive and finite, got 0.0"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        Interpolant(**arguments)


def test_as_a_process_pairs_are_its_data(generator):
    p, t, s = Interpolant(), torch.tensor(0.4, dtype=torch.float64), torch.tensor(0.7, dtype=torch.float64)
    pair = tuple(torch.randn(20_000, 1, generator=generator, dtype=torch.float64) for _ in range(2))
    x_t = p.perturb(pair, t, generator=generator)
    left = x_t - p.alpha(t) * pair[0] - p.beta(t) * pair[1]
    assert left.std().item() == pytest.approx(p.gamma(t).item(), rel=0.03)
    x_s = p.bridge(pair, x_t, t, s, generator=generator)
    torch.testing.assert_close(p.bridge(pair, x_s, s, t, generator=generator), x_t)
    torch.testing.assert_close((x_s - p.alpha(s) * pair[0] - p.beta(s) * pair[1]) / p.gamma(s), left / p.gamma(t))
    with pytest.raises(ValueError, match="an interpolant has no prior to draw from: start from samples of x_1"):
        p.prior((2, 1), generator=generator)
