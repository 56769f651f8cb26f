"""The straight form: the flow in the coordinates of a straight path from data to noise.

Any Gaussian process, scaled, follows x = (1 - tau) x_0 + tau eps with tau = s / (1 + s), s = sigma / alpha; its velocity
dx/dtau = eps - x_0 is what is interpolated. In the terms of `form`

    m = G = 1 - tau,        phi = tau,        q = x_0 - eps.

Reference: Liu, Gong and Liu (2023), arXiv 2209.03003, for the path.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor


@dataclass(frozen=True)
class StraightForm:
    """Takes the place of a `Form`."""

    plain = False
    stochastic = False

    def log_m(self, lambda_: Float64[Tensor, "*points"]) -> Float64[Tensor, "*points"]:
        """log m = log(1 - tau)."""
        return torch.nn.functional.logsigmoid(lambda_)

    def over(self, a: Float64[Tensor, ""], b: Float64[Tensor, ""]) -> "StraightForm":
        """The same in every step."""
        return self

    def gain(self, lambda_: Float64[Tensor, ""]) -> Float64[Tensor, ""]:
        """G = 1 - tau."""
        return torch.sigmoid(lambda_)

    def phi(self, lambda_: Float64[Tensor, "*points"]) -> Float64[Tensor, "*points"]:
        """phi = tau, the scale of the rest."""
        return torch.sigmoid(-lambda_)

    def kernel(self, lambda_: Float64[Tensor, " Q"], b: Float64[Tensor, ""]) -> Float64[Tensor, " Q"]:
        """m phi / m_b: what q is integrated against."""
        return torch.exp(self.log_m(lambda_) - self.log_m(b)) * self.phi(lambda_)


STRAIGHT = StraightForm()
