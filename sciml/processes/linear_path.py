"""The straight path between data and noise: that of rectified flow and of one-sided linear interpolants."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sciml.processes.gaussian import GaussianProcess


@dataclass(frozen=True)
class LinearPath(GaussianProcess):
    """alpha_t = 1 - end t, sigma_t = end t, f = -end / alpha_t, g^2 = 2 end^2 t / alpha_t, end t = sigmoid(-lambda).

    The velocity of the flow is end (eps - x_0). The published path has end = 1, whose alpha_1 = 0 makes lambda_1 infinite;
    we stop just short of it: at the default end lambda_1 = -5.0, as noisy as `VPLinear` there. Time runs from data to noise,
    which for some of the authors is backwards.

    Args:
        end: the published time that t = 1 stands for, in (0, 1).

    Reference: Liu et al. (2023), arXiv 2209.03003, equation 1; Lipman et al. (2023), arXiv 2210.02747, example II;
    Albergo et al. (2023), arXiv 2303.08797, section 4.
    """

    end: float = 0.9933

    def __post_init__(self) -> None:
        if not 0 < self.end < 1:
            raise ValueError(f"`end` must lie in (0, 1), got {self.end}")

    def alpha(self, t: Tensor) -> Tensor:
        return 1 - self.end * t

    def sigma(self, t: Tensor) -> Tensor:
        return self.end * t

    def f(self, t: Tensor) -> Tensor:
        return -self.end / self.alpha(t)

    def g2(self, t: Tensor) -> Tensor:
        return 2 * self.end**2 * t / self.alpha(t)

    def t_of_lambda(self, lambda_: Tensor) -> Tensor:
        return torch.sigmoid(-lambda_) / self.end
