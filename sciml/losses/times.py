"""How training draws its diffusion times.

The times of a batch share one uniform draw, u_i = frac(u + i / n): each is uniform on [0, 1), and together they cover
it evenly, which lowers the variance of the loss.

Reference: Kingma et al. (2021), arXiv 2107.00630, appendix I.1.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float64
from torch import Tensor

TimeDistribution = Callable[[int, torch.Generator], Float64[Tensor, " n"]]


def uniform_times(t_min: float) -> TimeDistribution:
    """Uniform on [t_min, 1].

    Args:
        t_min: shortest time, in [0, 1).
    """
    return noise_biased_times(t_min, power=1.0)


def noise_biased_times(t_min: float, power: float) -> TimeDistribution:
    """t = 1 - (1 - t_min) u^power with u uniform: the larger the power, the more of the times are near the noise.

    The density on [t_min, 1] is p(t) = w^(1 / power - 1) / (power (1 - t_min)) with w = (1 - t) / (1 - t_min); the mean
    of 1 - t is (1 - t_min) / (1 + power).

    Args:
        t_min: shortest time, in [0, 1).
        power: positive; 1 is uniform, above 1 favours the noise, below 1 the data.
    """
    if not 0 <= t_min < 1:
        raise ValueError(f"`t_min` must lie in [0, 1), got {t_min}")
    if not 0 < power < math.inf:
        raise ValueError(f"`power` must be positive and finite, got {power}")

    def draw(n: int, generator: torch.Generator) -> Float64[Tensor, " n"]:
        start = torch.rand((), generator=generator, dtype=torch.float64, device=generator.device)
        u = (start + torch.arange(n, dtype=torch.float64, device=generator.device) / n) % 1
        return 1 - (1 - t_min) * u**power

    return draw
