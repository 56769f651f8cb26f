"""What a network predicts, and how to get the clean data and the noise back from it.

Every parameterisation is a linear map of the pair (x_0, eps),

    prediction = a_t x_0 + b_t eps,        x_t = alpha_t x_0 + sigma_t eps,

so one 2x2 system gives both back from x_t and the prediction, with D = alpha b - sigma a:

    x_0 = (b x_t - sigma prediction) / D,        eps = (alpha prediction - a x_t) / D.

| name     | a        | b        | D                        |
| x0       | 1        | 0        | -sigma                   |
| eps      | 0        | 1        | alpha                    |
| v        | -sigma   | alpha    | alpha^2 + sigma^2        |
| score    | 0        | -1/sigma | -alpha / sigma           |
| velocity | alpha'   | sigma'   | -alpha sigma d lambda/dt |

D vanishes only where sigma_t = 0. The velocity is dx_t/dt of the probability flow when x_0 and eps are the posterior
means. The v of a process that does not preserve variance follows the same formula.

`ConditionalV(s)` is v for data whose deviation is s once the condition is known, seen in units in which that is 1,

    prediction = (s^2 alpha eps - sigma x_0) / sqrt(s^2 alpha^2 + sigma^2),        D = sqrt(s^2 alpha^2 + sigma^2):

where the noise exceeds s a network that says -E[x_0 | condition] is right at every t, so the copying of noise from
input to output, which v asks for at low noise, need not be learnt. For s = 1 and a process that preserves variance it is v.

Reference: Salimans and Ho (2022), arXiv 2202.00512, for v; Lipman et al. (2023), arXiv 2210.02747, for the velocity;
Karras et al. (2022), arXiv 2206.00364, table 1, whose scalings are those of ConditionalV up to a factor s.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.numerics.broadcasting import broadcast_time, scaled_sum
from sciml.processes.gaussian import GaussianProcess


class Parameterisation(StrEnum):
    """What a network predicts; `Parameterisation("eps")` reads a configuration."""

    X0 = "x0"
    EPS = "eps"
    V = "v"
    SCORE = "score"
    VELOCITY = "velocity"


@dataclass(frozen=True)
class ConditionalV:
    """The v of data that a condition determines up to a known deviation; see the module.

    Args:
        deviation: s, positive, in units of the unconditional deviation.
    """

    deviation: float

    def __post_init__(self) -> None:
        if not 0 < self.deviation < math.inf:
            raise ValueError(f"`deviation` must be positive and finite, got {self.deviation}")


Prediction = Parameterisation | ConditionalV

_COEFFICIENTS: dict[Parameterisation, Callable[[GaussianProcess, Tensor], tuple[Tensor, Tensor]]] = {
    Parameterisation.X0: lambda process, t: (torch.ones_like(t), torch.zeros_like(t)),
    Parameterisation.EPS: lambda process, t: (torch.zeros_like(t), torch.ones_like(t)),
    Parameterisation.V: lambda process, t: (-process.sigma(t), process.alpha(t)),
    Parameterisation.SCORE: lambda process, t: (torch.zeros_like(t), -1 / process.sigma(t)),
    Parameterisation.VELOCITY: lambda process, t: (process.alpha_dot(t), process.sigma_dot(t)),
}


def _coefficients(process: GaussianProcess, prediction: Prediction, t: Tensor) -> tuple[Tensor, Tensor]:
    """(a_t, b_t)."""
    if isinstance(prediction, Parameterisation):
        return _COEFFICIENTS[prediction](process, t)
    alpha, sigma, s = process.alpha(t), process.sigma(t), prediction.deviation
    scale = (s**2 * alpha**2 + sigma**2).rsqrt()
    return -sigma * scale, s**2 * alpha * scale


def compose(
    process: GaussianProcess,
    parameterisation: Prediction,
    x_0: Float[Tensor, "batch *space"],
    eps: Float[Tensor, "batch *space"],
    t: Tensor,
) -> Float[Tensor, "batch *space"]:
    """The prediction a_t x_0 + b_t eps: what a perfect network would say if it knew x_0 and eps."""
    a, b = _coefficients(process, parameterisation, broadcast_time(t, x_0))
    return scaled_sum(a, x_0, b, eps)


def decompose(
    process: GaussianProcess,
    parameterisation: Prediction,
    x_t: Float[Tensor, "batch *space"],
    prediction: Float[Tensor, "batch *space"],
    t: Tensor,
) -> tuple[Float[Tensor, "batch *space"], Float[Tensor, "batch *space"]]:
    """x_0 and eps from the state and a prediction; the inverse of `compose`, for sigma_t > 0."""
    t = broadcast_time(t, x_t)
    alpha, sigma = process.alpha(t), process.sigma(t)
    a, b = _coefficients(process, parameterisation, t)
    determinant = alpha * b - sigma * a
    x_0 = scaled_sum(b / determinant, x_t, -sigma / determinant, prediction)
    eps = scaled_sum(-a / determinant, x_t, alpha / determinant, prediction)
    return x_0, eps


def convert(
    process: GaussianProcess,
    source: Prediction,
    target: Prediction,
    x_t: Float[Tensor, "batch *space"],
    prediction: Float[Tensor, "batch *space"],
    t: Tensor,
) -> Float[Tensor, "batch *space"]:
    """A prediction in one parameterisation, said in another."""
    return compose(process, target, *decompose(process, source, x_t, prediction, t), t)
