"""How likely a letter is to have stayed untouched until time t: alpha_t from 1 at t = 0 down to about 0 at t = 1.

A schedule is a frozen dataclass of plain numbers. Masked models that do not look at t do not care which of them they are
trained under; samplers do, for the schedule says where equal steps in t fall.

Reference: Shi et al. (2024), arXiv 2406.04329, table 4; Sahoo et al. (2024), arXiv 2406.07524, appendix E.1.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor


class JumpSchedule(ABC):
    """alpha_t; every function maps a tensor of times to one of the same shape: pass float64."""

    @abstractmethod
    def alpha(self, t: Tensor) -> Tensor:
        """alpha_t, with alpha_0 = 1, strictly decreasing."""

    @abstractmethod
    def alpha_dot(self, t: Tensor) -> Tensor:
        """d alpha / dt."""

    @abstractmethod
    def t_of_alpha(self, alpha: Tensor) -> Tensor:
        """The time at which alpha_t has this value."""


@dataclass(frozen=True)
class LogLinear(JumpSchedule):
    """alpha_t = 1 - (1 - eps) t: the number of jumps, -log alpha_t, is the logarithm of a line.

    Args:
        eps: alpha_1, in [0, 1); 0 ends in pure noise, the published code has 1e-3.
    """

    eps: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.eps < 1:
            raise ValueError(f"`eps` must lie in [0, 1), got {self.eps}")

    def alpha(self, t: Tensor) -> Tensor:
        return 1 - (1 - self.eps) * t

    def alpha_dot(self, t: Tensor) -> Tensor:
        return torch.full_like(t, self.eps - 1)

    def t_of_alpha(self, alpha: Tensor) -> Tensor:
        return (1 - alpha) / (1 - self.eps)


@dataclass(frozen=True)
class Cosine(JumpSchedule):
    """alpha_t = 1 - sin(pi t / 2), which is 1 - cos(pi (1 - t) / 2): short steps where nearly all is noise."""

    def alpha(self, t: Tensor) -> Tensor:
        return 1 - torch.sin(math.pi / 2 * t)

    def alpha_dot(self, t: Tensor) -> Tensor:
        return -math.pi / 2 * torch.cos(math.pi / 2 * t)

    def t_of_alpha(self, alpha: Tensor) -> Tensor:
        return 2 / math.pi * torch.asin(1 - alpha)


@dataclass(frozen=True)
class Geometric(JumpSchedule):
    """alpha_t = exp(low - low^(1 - t) high^t): the number of jumps grows geometrically.

    The published alpha_t lacks the `low`, and so leaves noise at t = 0.

    Args:
        low: number of jumps that is as good as none, positive.
        high: number of jumps, less `low`, until t = 1, above `low`.
    """

    low: float = 1e-4
    high: float = 20.0

    def __post_init__(self) -> None:
        if not 0 < self.low < self.high < math.inf:
            raise ValueError(f"`low` must be positive and below `high`, got {self.low} and {self.high}")

    @property
    def log_ratio(self) -> float:
        """log(high / low)."""
        return math.log(self.high / self.low)

    def alpha(self, t: Tensor) -> Tensor:
        return torch.exp(-self.low * torch.expm1(self.log_ratio * t))

    def alpha_dot(self, t: Tensor) -> Tensor:
        return -self.log_ratio * self.low * torch.exp(self.log_ratio * t) * self.alpha(t)

    def t_of_alpha(self, alpha: Tensor) -> Tensor:
        return torch.log1p(-alpha.log() / self.low) / self.log_ratio
