"""The sub-variance-preserving process: sigma_t = 1 - alpha_t^2, less noise than VP at every time."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from sciml.processes.gaussian import GaussianProcess
from sciml.processes.linear_rate import LinearRate


@dataclass(frozen=True)
class SubVP(GaussianProcess):
    """alpha_t = exp(-B(t) / 2), sigma_t = 1 - exp(-B(t)), f = -beta / 2, g^2 = beta (1 - exp(-2 B)).

    The inverse of lambda: exp(lambda) = sqrt(1 - sigma) / sigma is a quadratic in sigma.

    Args:
        beta_min: rate at t = 0, positive.
        beta_max: rate at t = 1, at least beta_min.

    Reference: Song et al. (2021), arXiv 2011.13456, equation 14 and appendix B.
    """

    beta_min: float = 0.1
    beta_max: float = 20.0

    def __post_init__(self) -> None:
        _ = self.rate  # which checks the arguments

    @cached_property
    def rate(self) -> LinearRate:
        """beta(t)."""
        return LinearRate(self.beta_min, self.beta_max)

    def alpha(self, t: Tensor) -> Tensor:
        return torch.exp(-self.rate.integral(t) / 2)

    def sigma(self, t: Tensor) -> Tensor:
        return -torch.expm1(-self.rate.integral(t))

    def f(self, t: Tensor) -> Tensor:
        return -self.rate.beta(t) / 2

    def g2(self, t: Tensor) -> Tensor:
        return -self.rate.beta(t) * torch.expm1(-2 * self.rate.integral(t))

    def t_of_lambda(self, lambda_: Tensor) -> Tensor:
        sigma = 2 / (1 + (1 + 4 * torch.exp(2 * lambda_)).sqrt())
        noisy = -2 * (sigma.log() + lambda_)  # -2 log alpha; each form of B is accurate where the other is not
        return self.rate.time(torch.where(sigma < 0.5, -torch.log1p(-sigma), noisy))
