"""A denoiser of a stochastic interpolant: what its state says of velocity and noise, and hence of either end.

With b = E[alpha' x_0 + beta' x_1 + gamma' z | x_t] and z the mean noise, x_t and b are two equations for the ends:

    E[x_0 | x_t] = (beta' (x_t - gamma z) - beta (b - gamma' z)) / (alpha beta' - alpha' beta).

Reference: Albergo, Boffi and Vanden-Eijnden (2023), arXiv 2303.08797, section 2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.numerics.broadcasting import broadcast_time
from sciml.processes.interpolant import Interpolant

Field = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class BridgePosterior:
    """What is known at one state.

    Args:
        interpolant: the path.
        x_t: the state.
        t: its time.
        velocity: b.
        noise_field: E[z | x_t] as a function of state and time, asked only where the noise is.
    """

    interpolant: Interpolant
    x_t: Tensor
    t: Tensor
    velocity: Tensor
    noise_field: Field

    @cached_property
    def noise(self) -> Tensor:
        """E[z | x_t]."""
        return self.noise_field(self.x_t, self.t)

    @property
    def mean(self) -> Tensor:
        """E[x_0 | x_t], for 0 < t < 1."""
        p, t = self.interpolant, broadcast_time(self.t, self.x_t)
        alpha, beta, gamma = p.alpha(t), p.beta(t), p.gamma(t)
        alpha_dot, beta_dot, gamma_dot = p.alpha_dot(t), p.beta_dot(t), p.gamma_dot(t)
        top = beta_dot * (self.x_t - gamma * self.noise) - beta * (self.velocity - gamma_dot * self.noise)
        return (top / (alpha * beta_dot - alpha_dot * beta)).to(self.x_t.dtype)


class BridgeDenoiser(Denoiser):
    """Two fields as a denoiser.

    Args:
        interpolant: the path.
        velocity: b(x, t), t a float64 scalar or one for each sample.
        noise: E[z | x_t = x] as a function of x and t; the ODE does not ask for it.
    """

    process: Interpolant

    def __init__(self, interpolant: Interpolant, velocity: Field, noise: Field) -> None:
        super().__init__(interpolant)
        self.velocity, self.noise = velocity, noise

    def forward(self, x_t: Float[Tensor, "batch *space"], t: Tensor, cond: Any = None) -> BridgePosterior:
        """What is known at one state; a condition belongs into the fields, and must be None."""
        if cond is not None:
            raise ValueError("`cond` must be None: bind the condition to the fields")
        return BridgePosterior(self.process, x_t, t, self.velocity(x_t, t), self.noise)

    @staticmethod
    def posterior(denoiser: Denoiser, x_t: Tensor, t: Tensor) -> BridgePosterior:
        """The posterior of a denoiser, perhaps wrapped, that must be one of a bridge.

        Raises:
            TypeError: if it is not.
        """
        known = denoiser(x_t, t)
        if not isinstance(known, BridgePosterior):
            raise TypeError(f"`denoiser` must be a BridgeDenoiser, got one that returns {type(known).__name__}")
        return known
