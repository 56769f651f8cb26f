"""The exact solution against other exact solutions and the equation itself."""

import math

import pytest
import torch

from sciml.io.errors import InputError
from sciml.pde.equations.cole_hopf import cole_hopf

PI = math.pi


def sine(x, t, nu, quadrature=4001):
    """u_0 = sin(2 pi x)."""
    return cole_hopf(
        x,
        t,
        velocity=lambda y: torch.sin(2 * PI * y),
        potential=lambda y: -torch.cos(2 * PI * y) / (2 * PI),
        largest=1.0,
        viscosity=nu,
        quadrature=quadrature,
    )


def test_travelling_wave_is_reproduced():
    """u = c - a tanh(a (x - c t) / (2 nu)) solves the equation on the line."""
    nu, a, c, t = 0.02, 0.7, 0.3, 0.8
    x = torch.linspace(-1, 1, 41, dtype=torch.float64)
    wave = cole_hopf(
        x,
        t,
        velocity=lambda y: c - a * torch.tanh(a * y / (2 * nu)),
        potential=lambda y: c * y - 2 * nu * torch.log(torch.cosh(a * y / (2 * nu))),
        largest=a + c,
        viscosity=nu,
    )
    torch.testing.assert_close(wave, c - a * torch.tanh(a * (x - c * t) / (2 * nu)), atol=1e-10, rtol=0)


def test_satisfies_the_equation_and_the_walls():
    nu, t, h = 0.01, 0.3, 1e-3
    x = torch.linspace(0.05, 0.95, 37, dtype=torch.float64)
    u, rate = sine(x, t, nu), (sine(x, t + h, nu) - sine(x, t - h, nu)) / (2 * h)
    slope = (sine(x + h, t, nu) - sine(x - h, t, nu)) / (2 * h)
    bend = (sine(x + h, t, nu) - 2 * u + sine(x - h, t, nu)) / h**2
    scale = (u * slope).abs().max()
    assert (rate + u * slope - nu * bend).abs().max() / scale < 3e-3  # truncation of the differences, order h^2
    assert sine(torch.tensor([0.0, 0.5, 1.0]), t, nu).abs().max() < 1e-12


@pytest.mark.parametrize("nu", [1e-3, 1e-2, 1.0])
def test_quadrature_has_converged_and_is_stable(nu):
    x = torch.linspace(0, 1, 50, dtype=torch.float64)
    torch.testing.assert_close(sine(x, 0.5, nu), sine(x, 0.5, nu, 16001), atol=1e-10, rtol=0)


def test_time_zero_and_bad_arguments():
    x = torch.tensor([0.25], dtype=torch.float64)
    assert sine(x, 0.0, 0.01).item() == 1.0
    with pytest.raises(InputError, match="`t` must be at least 0"):
        sine(x, -1.0, 0.01)
    with pytest.raises(InputError, match="`viscosity` above 0"):
        sine(x, 1.0, 0.0)
