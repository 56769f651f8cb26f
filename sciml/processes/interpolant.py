"""Stochastic interpolants: a path from one data set to another, through noise.

    x_t = alpha_t x_0 + beta_t x_1 + gamma_t z,      z ~ N(0, I),

with alpha_0 = beta_1 = 1 and alpha_1 = beta_0 = gamma_0 = gamma_1 = 0. x_0 is what is wanted, at t = 0; x_1, which takes the
place of the noise at t = 1, is drawn with it from any coupling: a coarse field with its fine one, a state with the next,
or one law independent of the other. With

    b(x, t) = E[alpha' x_0 + beta' x_1 + gamma' z | x_t = x],      score(x, t) = -E[z | x_t = x] / gamma,

the law of x_t is carried by dx/dt = b, and, time running down, by dx = (-b + eps score) dt + sqrt(2 eps) dw for any
eps >= 0.

| path              | alpha                  | beta                   | gamma / noise     |
| linear            | 1 - t                  | t                      | sqrt(2 t (1 - t)) |
| trigonometric     | cos(pi t / 2)          | sin(pi t / 2)          | sqrt(2 t (1 - t)) |
| encoding_decoding | cos^2(pi t) to t = 1/2 | cos^2(pi t) from there | sin^2(pi t)       |

One-sided interpolants, whose x_1 is the noise, are Gaussian processes: `LinearPath`, `VPCosine`. The paper has time run from
x_0 = base to x_1 = data; ours runs from data to base, as everywhere here.

Reference: Albergo, Boffi and Vanden-Eijnden (2023), arXiv 2303.08797, sections 2 and 4.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.numerics.broadcasting import broadcast_time
from sciml.numerics.noise import gaussian_noise
from sciml.processes.process import Process

Coefficient = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class _Path:
    """alpha, beta and gamma^2 for unit noise, each with its derivative."""

    alpha: Coefficient
    alpha_dot: Coefficient
    beta: Coefficient
    beta_dot: Coefficient
    gamma2: Coefficient
    gamma2_dot: Coefficient


def _first_half(t: Tensor) -> Tensor:
    return (t < 0.5).to(t.dtype)


_LINEAR = _Path(
    alpha=lambda t: 1 - t,
    alpha_dot=lambda t: -torch.ones_like(t),
    beta=lambda t: t,
    beta_dot=torch.ones_like,
    gamma2=lambda t: 2 * t * (1 - t),
    gamma2_dot=lambda t: 2 - 4 * t,
)
_TRIGONOMETRIC = _Path(
    alpha=lambda t: torch.sin(math.pi / 2 * (1 - t)),
    alpha_dot=lambda t: -math.pi / 2 * torch.sin(math.pi / 2 * t),
    beta=lambda t: torch.sin(math.pi / 2 * t),
    beta_dot=lambda t: math.pi / 2 * torch.cos(math.pi / 2 * t),
    gamma2=_LINEAR.gamma2,
    gamma2_dot=_LINEAR.gamma2_dot,
)
_ENCODING_DECODING = _Path(
    alpha=lambda t: _first_half(t) * torch.cos(math.pi * t) ** 2,
    alpha_dot=lambda t: -_first_half(t) * math.pi * torch.sin(2 * math.pi * t),
    beta=lambda t: (1 - _first_half(t)) * torch.cos(math.pi * t) ** 2,
    beta_dot=lambda t: -(1 - _first_half(t)) * math.pi * torch.sin(2 * math.pi * t),
    gamma2=lambda t: torch.sin(math.pi * t) ** 4,
    gamma2_dot=lambda t: 4 * math.pi * torch.sin(math.pi * t) ** 3 * torch.cos(math.pi * t),
)
_PATHS = {"linear": _LINEAR, "trigonometric": _TRIGONOMETRIC, "encoding_decoding": _ENCODING_DECODING}


Pair = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Interpolant(Process[Any]):
    """alpha, beta and gamma of a path; see the module. Coefficients are float64 functions of time, of its shape.

    As a process its data are pairs (x_0, x_1), and its states x_t.

    Args:
        path: linear, trigonometric or encoding_decoding.
        noise: factor of gamma, positive, in units of the data.
    """

    path: str = "linear"
    noise: float = 1.0

    def __post_init__(self) -> None:
        if self.path not in _PATHS:
            raise ValueError(f"`path` must be one of {', '.join(_PATHS)}, got {self.path!r}")
        if not 0 < self.noise < math.inf:
            raise ValueError(f"`noise` must be positive and finite, got {self.noise}")

    def alpha(self, t: Tensor) -> Tensor:
        """Scale of x_0."""
        return _PATHS[self.path].alpha(t)

    def beta(self, t: Tensor) -> Tensor:
        """Scale of x_1."""
        return _PATHS[self.path].beta(t)

    def gamma(self, t: Tensor) -> Tensor:
        """Scale of z; 0 at either end."""
        return self.noise * _PATHS[self.path].gamma2(t).clamp(min=0).sqrt()

    def alpha_dot(self, t: Tensor) -> Tensor:
        """d alpha / dt."""
        return _PATHS[self.path].alpha_dot(t)

    def beta_dot(self, t: Tensor) -> Tensor:
        """d beta / dt."""
        return _PATHS[self.path].beta_dot(t)

    def gamma_dot(self, t: Tensor) -> Tensor:
        """d gamma / dt; infinite at the ends of all paths but encoding_decoding."""
        return self.half_gamma2_dot(t) / self.gamma(t)

    def half_gamma2_dot(self, t: Tensor) -> Tensor:
        """gamma gamma' = d gamma^2 / dt / 2, finite at the ends."""
        return self.noise**2 * _PATHS[self.path].gamma2_dot(t) / 2

    def prior(self, shape: Sequence[int], *, generator: torch.Generator) -> Tensor:
        """There is none: x_1 is data.

        Raises:
            ValueError: always.
        """
        raise ValueError("an interpolant has no prior to draw from: start from samples of x_1")

    def perturb(self, x_0: Pair, t: Tensor, *, generator: torch.Generator) -> Tensor:
        """Draws x_t of a pair; see `Process.perturb`."""
        return self.interpolate(*x_0, gaussian_noise(x_0[0], generator), t)

    def bridge(self, x_0: Pair, x_t: Tensor, t: Tensor, s: Tensor, *, generator: torch.Generator) -> Tensor:
        """x_s of the same pair and noise, which the three determine for 0 < t < 1; see `Process.bridge`."""
        time = broadcast_time(t, x_t)
        z = (x_t - self.interpolate(*x_0, torch.zeros_like(x_t), t)) / self.gamma(time).to(x_t.dtype)
        return self.interpolate(*x_0, z, s)

    def interpolate(
        self,
        x_0: Float[Tensor, "batch *space"],
        x_1: Float[Tensor, "batch *space"],
        z: Float[Tensor, "batch *space"],
        t: Tensor,
    ) -> Float[Tensor, "batch *space"]:
        """x_t, for times that line up with the leading dimensions."""
        t = broadcast_time(t, x_0)
        return _sum(x_0, (self.alpha(t), x_0), (self.beta(t), x_1), (self.gamma(t), z))

    def drift_without_noise(
        self, x_0: Float[Tensor, "batch *space"], x_1: Float[Tensor, "batch *space"], t: Tensor
    ) -> Float[Tensor, "batch *space"]:
        """alpha' x_0 + beta' x_1: dx_t/dt but for gamma' z."""
        t = broadcast_time(t, x_0)
        return _sum(x_0, (self.alpha_dot(t), x_0), (self.beta_dot(t), x_1))


def _sum(like: Tensor, *terms: tuple[Tensor, Tensor]) -> Tensor:
    return torch.stack([weight.to(like.dtype) * x for weight, x in terms]).sum(0)
