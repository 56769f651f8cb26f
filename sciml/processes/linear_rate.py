"""The linear noise rate beta(t) = beta_min + t (beta_max - beta_min) that VP and sub-VP processes share.

Reference: Ho et al. (2020), arXiv 2006.11239; Song et al. (2021), arXiv 2011.13456, appendix C.
"""

import math
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class LinearRate:
    """beta(t), its integral B(t) and the inverse of the integral.

    Args:
        beta_min: rate at t = 0, positive.
        beta_max: rate at t = 1, at least beta_min.
    """

    beta_min: float
    beta_max: float

    def __post_init__(self) -> None:
        if not 0 < self.beta_min < math.inf:
            raise ValueError(f"`beta_min` must be positive and finite, got {self.beta_min}")
        if not self.beta_min <= self.beta_max < math.inf:
            raise ValueError(f"`beta_max` must be finite and at least `beta_min` = {self.beta_min}, got {self.beta_max}")

    def beta(self, t: Tensor) -> Tensor:
        """beta(t)."""
        return self.beta_min + t * (self.beta_max - self.beta_min)

    def integral(self, t: Tensor) -> Tensor:
        """B(t) = int_0^t beta = beta_min t + (beta_max - beta_min) t^2 / 2."""
        return t * (self.beta_min + t * (self.beta_max - self.beta_min) / 2)

    def time(self, integral: Tensor) -> Tensor:
        """The t with B(t) = `integral`: the root of the quadratic, in the form free of cancellation."""
        slope = self.beta_max - self.beta_min
        return 2 * integral / (self.beta_min + (self.beta_min**2 + 2 * slope * integral).sqrt())
