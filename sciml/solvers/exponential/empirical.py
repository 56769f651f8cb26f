"""The empirical form: which linear part to integrate exactly, and how the rest changes, learnt from the model itself.

In the coordinates of `form`, with tables l, s and b over lambda for each mode,

    dy/dlambda = D - y = -l y + r,        r = D - (1 - l) y,        dr/dlambda = s r + b + (what is interpolated).

Hence m = exp(int l), phi = exp(int s), and q = r / phi less its known part, the integral c of b / phi: a row has a constant
beside its weights.

Reference: Zheng et al. (2023), arXiv 2310.13268, equations 5 to 11, whose f is -alpha r; ours holds for any Gaussian
process, in any orthonormal modes, and integrates the tables exactly, as splines.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float64
from torch import Tensor

from sciml.numerics.quadrature import gauss_legendre
from sciml.numerics.splines import Spline, cubic_spline


@dataclass(frozen=True, eq=False)
class EmpiricalForm:
    """Takes the place of a `Form`.

    Args:
        lambdas: where the tables were made, rising; beyond, they go on as they end.
        l: the linear part, which is 1 - G.
        s: relative growth of the rest.
        b: its absolute growth.
    """

    lambdas: Float64[Tensor, " L"]
    l: Float64[Tensor, "L *modes"]  # noqa: E741 (the paper's name)
    s: Float64[Tensor, "L *modes"]
    b: Float64[Tensor, "L *modes"]

    plain = False
    stochastic = False

    @cached_property
    def _l(self) -> Spline:
        return cubic_spline(self.lambdas, self.l)

    @cached_property
    def _log_m(self) -> Spline:
        return self._l.antiderivative()

    @cached_property
    def _log_phi(self) -> Spline:
        return cubic_spline(self.lambdas, self.s).antiderivative()

    @cached_property
    def _known(self) -> Spline:
        """The integral of b / phi, at the knots by quadrature."""
        slope, total = cubic_spline(self.lambdas, self.b), [torch.zeros_like(self.b[0])]
        for first, last in zip(self.lambdas, self.lambdas[1:], strict=False):
            points, w = gauss_legendre(first, last)
            total.append(total[-1] + torch.tensordot(w, slope(points) / self.phi(points), dims=1))
        return cubic_spline(self.lambdas, torch.stack(total))

    def log_m(self, lambda_: Float64[Tensor, "*points"]) -> Float64[Tensor, "..."]:
        """log m, up to a constant."""
        return self._log_m(lambda_)

    def over(self, a: Float64[Tensor, ""], b: Float64[Tensor, ""]) -> "EmpiricalForm":
        """The same in every step."""
        return self

    def gain(self, lambda_: Float64[Tensor, ""]) -> Float64[Tensor, "*modes"]:
        """G = 1 - l, beyond the tables that of their ends."""
        return 1 - self._l(lambda_.clamp(self.lambdas[0], self.lambdas[-1]))

    def phi(self, lambda_: Float64[Tensor, "*points"]) -> Float64[Tensor, "..."]:
        """phi, the scale of the rest."""
        return torch.exp(self._log_phi(lambda_))

    def kernel(self, lambda_: Float64[Tensor, " Q"], b: Float64[Tensor, ""]) -> Float64[Tensor, "Q *modes"]:
        """m phi / m_b: what q is integrated against."""
        return torch.exp(self.log_m(lambda_) - self.log_m(b)) * self.phi(lambda_)

    def known(self, lambda_: Float64[Tensor, "*points"]) -> Float64[Tensor, "..."]:
        """c, what is known of the rest over phi."""
        return self._known(lambda_)
