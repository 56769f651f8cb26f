"""How training draws its diffusion times.

The times of a batch share one uniform draw, u_i = frac(u + i / n): each is uniform on [0, 1), and together they cover
it evenly, which lowers the variance of the loss.

References:
    Kingma et al. (2021), arXiv 2107.00630, appendix I.1: one draw for the batch.
    Karras et al. (2022), arXiv 2206.00364, table 1: noise levels whose logarithm is normal.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float64
from torch import Tensor

from sciml.processes.gaussian import GaussianProcess

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
        return 1 - (1 - t_min) * _evenly(n, generator) ** power

    return draw


def focused_times(
    process: GaussianProcess, t_min: float, share: float, *, mean: float = -0.5, deviation: float = 0.5
) -> TimeDistribution:
    """A share of the times at noise levels with log(sigma_t / alpha_t) normal, the others uniform on [t_min, 1].

    Of data of variance 1 that are categories the defaults are the levels at which the last of them are told apart: what
    belongs together, such as the one edge that joins two parts, is settled there, in a small part of the times.

    Args:
        process: whose noise levels are meant.
        t_min: shortest time, in [0, 1); normal draws below it or above 1 do not occur, the normal law is cut off there.
        share: in [0, 1].
        mean: of log(sigma / alpha).
        deviation: of log(sigma / alpha), positive.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"`share` must lie in [0, 1], got {share}")
    if not 0 < deviation < math.inf:
        raise ValueError(f"`deviation` must be positive and finite, got {deviation}")
    uniform = uniform_times(t_min)
    low, high = ((-process.lambda_(torch.tensor(t, dtype=torch.float64)) - mean) / deviation for t in (t_min, 1.0))
    below, inside = torch.special.ndtr(low), torch.special.ndtr(high) - torch.special.ndtr(low)

    def draw(n: int, generator: torch.Generator) -> Float64[Tensor, " n"]:
        if share == 0:
            return uniform(n, generator)
        u = _evenly(n, generator)
        quantile = below + inside * (u / share).clamp(max=1)
        focused = process.t_of_lambda(-mean - deviation * torch.special.ndtri(quantile.to(u)))
        rest = 1 - (1 - t_min) * (u - share) / max(1 - share, 1e-9)
        return torch.where(u < share, focused, rest).clamp(t_min, 1)

    return draw


def _evenly(n: int, generator: torch.Generator) -> Float64[Tensor, " n"]:
    """u_i = frac(u + i / n)."""
    start = torch.rand((), generator=generator, dtype=torch.float64, device=generator.device)
    return (start + torch.arange(n, dtype=torch.float64, device=generator.device) / n) % 1
