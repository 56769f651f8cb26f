"""Variance-preserving processes: alpha_t^2 + sigma_t^2 = 1, hence g^2 = -2 f."""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from sciml.processes.gaussian import GaussianProcess
from sciml.processes.linear_rate import LinearRate


@dataclass(frozen=True)
class VPLinear(GaussianProcess):
    """Variance-preserving process with a linear rate: alpha_t = exp(-B(t) / 2), B(t) = int_0^t beta.

    lambda_t = -log(exp(B) - 1) / 2, so B = log(1 + exp(-2 lambda)) and t is the root of a quadratic.

    Args:
        beta_min: rate at t = 0, positive.
        beta_max: rate at t = 1, at least beta_min.

    Reference: Song et al. (2021), arXiv 2011.13456, equation 33.
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
        return (-torch.expm1(-self.rate.integral(t))).sqrt()

    def f(self, t: Tensor) -> Tensor:
        return -self.rate.beta(t) / 2

    def g2(self, t: Tensor) -> Tensor:
        return self.rate.beta(t)

    def t_of_lambda(self, lambda_: Tensor) -> Tensor:
        return self.rate.time(-logsigmoid(2 * lambda_))


@dataclass(frozen=True)
class VPCosine(GaussianProcess):
    """Variance-preserving process with a cosine schedule: alpha_t = cos(theta_t) / cos(theta_0).

    theta_t = (pi / 2) (end t + offset) / (1 + offset). The published schedule has end = 1, whose alpha_1 = 0 makes
    lambda_1 infinite; its discrete form clips the rates instead. We stop short of the end and stretch time, which
    keeps every coefficient smooth: at the default end lambda_1 = -4.78, about as noisy as `VPLinear` (-5.02).
    Near t = 0 we use sigma_t^2 = sin(theta_t - theta_0) sin(theta_t + theta_0) / cos^2 theta_0, free of cancellation.

    Args:
        offset: s of the paper, in (0, 1).
        end: the published time that t = 1 stands for, in (0, 1).

    Reference: Nichol and Dhariwal (2021), arXiv 2102.09672, equation 17.
    """

    offset: float = 0.008
    end: float = 0.9946

    def __post_init__(self) -> None:
        for name in ("offset", "end"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"`{name}` must lie in (0, 1), got {getattr(self, name)}")

    @property
    def theta_0(self) -> float:
        """Angle at t = 0."""
        return math.pi / 2 * self.offset / (1 + self.offset)

    @property
    def theta_dot(self) -> float:
        """Angular speed, constant in t."""
        return math.pi / 2 * self.end / (1 + self.offset)

    def alpha(self, t: Tensor) -> Tensor:
        return torch.cos(self.theta_0 + self.theta_dot * t) / math.cos(self.theta_0)

    def sigma(self, t: Tensor) -> Tensor:
        turned = self.theta_dot * t
        return (torch.sin(turned) * torch.sin(turned + 2 * self.theta_0)).sqrt() / math.cos(self.theta_0)

    def f(self, t: Tensor) -> Tensor:
        return -self.theta_dot * torch.tan(self.theta_0 + self.theta_dot * t)

    def g2(self, t: Tensor) -> Tensor:
        return -2 * self.f(t)

    def t_of_lambda(self, lambda_: Tensor) -> Tensor:
        sin_0, cos_0 = math.sin(self.theta_0), math.cos(self.theta_0)
        opposite = (sin_0**2 + cos_0**2 * torch.sigmoid(-2 * lambda_)).sqrt()
        adjacent = cos_0 * torch.sigmoid(2 * lambda_).sqrt()
        theta = torch.atan2(opposite, adjacent)
        turned = theta - self.theta_0
        # Near the data the difference cancels; there sin(theta - theta_0) = cos^2 theta_0 sigma^2 / sin(theta + theta_0).
        sine = cos_0**2 * torch.sigmoid(-2 * lambda_) / torch.sin(theta + self.theta_0)
        return torch.where(turned < 0.5, torch.asin(sine.clamp(max=0.9)), turned) / self.theta_dot
