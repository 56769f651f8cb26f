"""Cubic splines of tables, differentiable with respect to the point, with their derivatives and integrals."""

from dataclasses import dataclass

import torch
from jaxtyping import Float64
from scipy.interpolate import CubicSpline, PPoly
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Spline:
    """A piecewise polynomial in one variable; beyond its ends it goes on as a straight line.

    Args:
        knots: ends of the pieces, rising.
        coefficients: of each piece, in powers of the distance from its left knot, the highest first.
    """

    knots: Float64[Tensor, " L"]
    coefficients: Float64[Tensor, "order pieces *shape"]

    def __call__(self, x: Float64[Tensor, "*points"]) -> Float64[Tensor, "..."]:
        inside = x.clamp(self.knots[0], self.knots[-1])
        value, beyond = self._inside(inside), x - inside
        if not bool((beyond != 0).any()):
            return value
        return value + self._line(beyond) * self.derivative()._inside(inside)

    def derivative(self) -> "Spline":
        """Its slope."""
        return _from_scipy(self._to_scipy().derivative())

    def antiderivative(self) -> "Spline":
        """Its integral from the first knot."""
        return _from_scipy(self._to_scipy().antiderivative())

    def _inside(self, x: Tensor) -> Tensor:
        piece = (torch.searchsorted(self.knots, x.detach().contiguous(), right=True) - 1).clamp(0, len(self.knots) - 2)
        distance, value = self._line(x - self.knots[piece]), self.coefficients[0][piece]
        for coefficient in self.coefficients[1:]:
            value = value * distance + coefficient[piece]
        return value

    def _line(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape + (1,) * (self.coefficients.ndim - 2))

    def _to_scipy(self) -> PPoly:
        return PPoly(self.coefficients.numpy(), self.knots.numpy())


def cubic_spline(knots: Float64[Tensor, " L"], values: Float64[Tensor, "L *shape"]) -> Spline:
    """Through all values, with two continuous derivatives; `knots` rise, at least two."""
    return _from_scipy(CubicSpline(knots.numpy(), values.numpy()))


def _from_scipy(polynomial: PPoly) -> Spline:
    return Spline(torch.from_numpy(polynomial.x.copy()), torch.from_numpy(polynomial.c.copy()))
