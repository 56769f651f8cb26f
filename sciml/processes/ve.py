"""The variance-exploding process: the data stays, the noise grows."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from sciml.processes.gaussian import GaussianProcess


@dataclass(frozen=True)
class VE(GaussianProcess):
    """alpha_t = 1, sigma_t = sigma_min (sigma_max / sigma_min)^t, f = 0, g^2 = 2 sigma_t^2 log(sigma_max / sigma_min).

    At t = 0 a noise of sigma_min is left, so sampling down to t = 0 is well-behaved, and is the default.

    Args:
        sigma_min: noise at t = 0 in units of the data, positive.
        sigma_max: noise at t = 1 in units of the data, above sigma_min; at least the diameter of the data.

    Reference: Song et al. (2021), arXiv 2011.13456, equation 30.
    """

    t_min: ClassVar[float] = 0.0

    sigma_min: float = 0.01
    sigma_max: float = 50.0

    def __post_init__(self) -> None:
        if not 0 < self.sigma_min < math.inf:
            raise ValueError(f"`sigma_min` must be positive and finite, got {self.sigma_min}")
        if not self.sigma_min < self.sigma_max < math.inf:
            raise ValueError(f"`sigma_max` must be finite and above `sigma_min` = {self.sigma_min}, got {self.sigma_max}")

    @property
    def log_ratio(self) -> float:
        """log(sigma_max / sigma_min)."""
        return math.log(self.sigma_max / self.sigma_min)

    def alpha(self, t: Tensor) -> Tensor:
        return torch.ones_like(t)

    def sigma(self, t: Tensor) -> Tensor:
        return self.sigma_min * torch.exp(self.log_ratio * t)

    def f(self, t: Tensor) -> Tensor:
        return torch.zeros_like(t)

    def g2(self, t: Tensor) -> Tensor:
        return 2 * self.log_ratio * self.sigma(t) ** 2

    def t_of_lambda(self, lambda_: Tensor) -> Tensor:
        return -(lambda_ + math.log(self.sigma_min)) / self.log_ratio
