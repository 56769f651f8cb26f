"""Forms: which linear part of the flow a solver integrates exactly, and which rest it interpolates.

In y = x / alpha, s = sigma / alpha = exp(-lambda), the probability flow of any Gaussian process is

    dy/dlambda = D(y, lambda) - y,        D the posterior mean of x_0.

For data from N(0, e) the posterior mean is G y with G = e / (e + s^2), and the flow keeps m y, m = (e + s^2)^(-1/2).
Every form takes that part exactly, and interpolates the rest q = (D - G y) / phi by polynomials:

    y_b = (m_a / m_b) y_a + 1 / m_b int_a^b m phi q dlambda,        phi = (s^2 / (s^2 + e))^p.

| e        | p   | the rest q             | known as                                                |
| 0        | any | x_0                    | DPM-Solver++, UniPC                                     |
| infinity | 1/2 | -eps (phi = s)         | DPM-Solver, DEIS, PNDM                                  |
| 1        | 1/2 | -v                     | v-prediction                                            |
| spectrum |  p  | per mode               | Gaussian-whitened: exact for Gaussian data              |

With fresh noise (`churn` h > 0, only e = 0) the flow is that of the SDE whose noise is h times that of the reverse SDE:
dy/dlambda = (1 + h^2) (D - y) + noise, of which a step leaves the standard deviation s_b sqrt(1 - exp(-2 h^2 (lambda_b -
lambda_a))). DDIM's `eta` is the h that makes this, in each step, eta times the standard deviation of ancestral sampling;
for eta 0 and 1 h = eta.

Reference: Lu et al. (2022), arXiv 2206.00927, proposition 3.1, for eps and arXiv 2211.01095, proposition 4.1, for x_0; the
SDE is equation 18 there; Song, Meng and Ermon (2021), arXiv 2010.02502, equations 12 and 16, for eta; Wang and Vastola
(2023), arXiv 2303.02490, for the exact flow of Gaussian data.
"""

import math
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float64
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Form:
    """See the module.

    Args:
        variance: e, a number from 0 to infinity, or one for each mode.
        power: p, at least 0; 1/2 if e is infinite.
        churn: h, at least 0; 0 unless e is 0.
        eta: DDIM's share of fresh noise, in [0, 1]; 0 unless e is 0, instead of h.
    """

    variance: float | Tensor = 0.0
    power: float = 0.5
    churn: float = 0.0
    eta: float = 0.0

    def __post_init__(self) -> None:
        e = torch.as_tensor(self.variance)
        if not bool((e >= 0).all()):
            raise ValueError(f"`variance` must not be negative, got {e.min().item()}")
        if not 0 <= self.power < math.inf:
            raise ValueError(f"`power` must be finite and at least 0, got {self.power}")
        if not 0 <= self.churn < math.inf:
            raise ValueError(f"`churn` must be finite and at least 0, got {self.churn}")
        if self.infinite and self.power != 0.5:
            raise ValueError(f"`power` must be 0.5 where `variance` is infinite, got {self.power}")
        if not 0 <= self.eta <= 1:
            raise ValueError(f"`eta` must lie in [0, 1], got {self.eta}")
        if (self.churn or self.eta) and not self.plain:
            raise ValueError(f"`churn` and `eta` must be 0 unless `variance` is 0, got {self.churn} and {self.eta}")
        if self.churn and self.eta:
            raise ValueError(f"`churn` or `eta` must be 0, got {self.churn} and {self.eta}")

    @property
    def infinite(self) -> bool:
        """Whether e is infinity."""
        return not isinstance(self.variance, Tensor) and math.isinf(self.variance)

    @property
    def plain(self) -> bool:
        """Whether e is 0, so that the rest is x_0 itself."""
        return not isinstance(self.variance, Tensor) and self.variance == 0

    def log_m(self, lambda_: Float64[Tensor, "*points"]) -> Float64[Tensor, "..."]:
        """log m, up to a constant."""
        if self.infinite:
            return torch.zeros_like(lambda_)
        if self.plain:
            return (1 + self.churn**2) * lambda_
        return -torch.log(self._total(lambda_)) / 2

    def over(self, a: Float64[Tensor, ""], b: Float64[Tensor, ""]) -> "Form":
        """The form of a step from a to b, in which eta has become churn."""
        if not self.eta:
            return self
        fresh = -(self.eta**2) * torch.expm1(2 * (a - b))
        return replace(self, eta=0.0, churn=float(torch.sqrt(-torch.log1p(-fresh) / (2 * (b - a)))))

    @property
    def stochastic(self) -> bool:
        """Whether a step adds fresh noise."""
        return self.churn > 0 or self.eta > 0

    def gain(self, lambda_: Float64[Tensor, ""]) -> Float64[Tensor, "*modes"]:
        """G, the posterior mean of Gaussian data over y."""
        if self.infinite:
            return torch.ones_like(lambda_)
        return self.variance / self._total(lambda_)

    def phi(self, lambda_: Float64[Tensor, "*points"]) -> Float64[Tensor, "..."]:
        """phi, the scale of the rest."""
        s = torch.exp(-lambda_)
        if self.infinite:
            return s
        if self.plain:
            return torch.ones_like(s)
        return (self._modes(s) ** 2 / self._total(lambda_)) ** self.power

    def kernel(self, lambda_: Float64[Tensor, " Q"], b: Float64[Tensor, ""]) -> Float64[Tensor, "Q *modes"]:
        """m phi (1 + h^2) / m_b: what q is integrated against."""
        return torch.exp(self.log_m(lambda_) - self.log_m(b)) * self.phi(lambda_) * (1 + self.churn**2)

    def noise(self, a: Float64[Tensor, ""], b: Float64[Tensor, ""]) -> Float64[Tensor, ""]:
        """Standard deviation of the fresh noise of a step from a to b, in units of sigma_b."""
        return torch.sqrt(-torch.expm1(-2 * self.churn**2 * (b - a)))

    def _modes(self, points: Tensor) -> Tensor:
        axes = self.variance.ndim if isinstance(self.variance, Tensor) else 0
        return points.reshape(points.shape + (1,) * axes)

    def _total(self, lambda_: Tensor) -> Tensor:
        return self.variance + torch.exp(-2 * self._modes(lambda_))


DATA = Form(0.0)
NOISE = Form(math.inf)
VELOCITY = Form(1.0)
NARROW = Form(0.02)  # what a condition may leave to chance, of data of unit deviation
