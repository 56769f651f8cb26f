"""Splines of cubics are exact, with slopes, integrals and gradients."""

import torch

from sciml.numerics.splines import cubic_spline

F64 = torch.float64
KNOTS = torch.tensor([-1.0, -0.2, 0.5, 1.5, 2.0], dtype=F64)


def cubic(x):
    return torch.stack([x**3 - x, 2 * x**2 + 1], -1)


def test_a_cubic_is_met_between_the_knots_with_slope_and_integral():
    x = torch.linspace(-1, 2, 17, dtype=F64)
    spline = cubic_spline(KNOTS, cubic(KNOTS))
    torch.testing.assert_close(spline(x), cubic(x))
    torch.testing.assert_close(spline.derivative()(x), torch.stack([3 * x**2 - 1, 4 * x], -1))
    integral = torch.stack([x**4 / 4 - x**2 / 2 + 1 / 4, 2 * x**3 / 3 + x + 5 / 3], -1)
    torch.testing.assert_close(spline.antiderivative()(x), integral)


def test_it_goes_on_as_a_straight_line():
    spline = cubic_spline(KNOTS, cubic(KNOTS))
    x = torch.tensor([-3.0, 4.0], dtype=F64)
    torch.testing.assert_close(
        spline(x),
        torch.stack(
            [
                torch.stack([-2 * 2.0 * torch.ones((), dtype=F64), torch.tensor(3.0 + 8, dtype=F64)]),
                torch.tensor([6 + 2 * 11.0, 9 + 2 * 8.0], dtype=F64),
            ]
        ),
    )


def test_gradients_are_slopes_inside_and_beyond():
    spline = cubic_spline(KNOTS, cubic(KNOTS))
    x = torch.tensor([-3.0, 0.1, 1.9, 5.0], dtype=F64, requires_grad=True)
    (gradient,) = torch.autograd.grad(spline(x)[:, 0].sum(), x)
    torch.testing.assert_close(gradient, torch.tensor([2.0, -0.97, 9.83, 11.0], dtype=F64))
