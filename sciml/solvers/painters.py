"""A start in closed form: the first, coarse part of the flow is that of a Gaussian with the data's mean and covariance.

    y_b = m + U diag(sqrt((s_b^2 + v) / (s_a^2 + v))) U^T (y_a - m),      y = x / alpha,  s = sigma / alpha,

at no call of the model, v the variance of each mode, from noise s_a at one time to s_b at another. At high noise no more of
the data shows than its mean and covariance, so that the jump costs nothing there; the farther down it goes, the more of what
is not Gaussian it misses: a floor that no number of steps after it gets under.

Reference: Wang and Vastola (2023), arXiv 2303.02490.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.statistics import DataStatistics
from sciml.processes.gaussian import GaussianProcess


def painters_start(
    process: GaussianProcess,
    statistics: DataStatistics,
    x: Float[Tensor, "batch *space"],
    t_start: float,
    *,
    t_from: float = 1.0,
) -> Float[Tensor, "batch *space"]:
    """States at t_start, from which any solver goes on along a grid that begins there.

    Args:
        process: the forward process.
        statistics: of the training data.
        x: states at time t_from, such as noise.
        t_start: where to jump to, in (0, t_from].
        t_from: where from, in (0, 1].
    """
    if not 0 < t_from <= 1:
        raise ValueError(f"`t_from` must lie in (0, 1], got {t_from}")
    if not 0 < t_start <= t_from:
        raise ValueError(f"`t_start` must lie in (0, `t_from` = {t_from}], got {t_start}")
    times = torch.tensor([t_from, t_start], dtype=torch.float64)
    alpha, s2 = process.alpha(times), torch.exp(-2 * process.lambda_(times))
    variances = statistics.variances.to(torch.float64)
    scale = ((s2[1] + variances) / (s2[0] + variances)).sqrt().to(x)
    known = statistics.to(x)
    z = scale * known.modes.forward(x / alpha[0].to(x) - known.mean)
    return alpha[1].to(x) * (known.mean + known.modes.inverse(z, x.shape))
