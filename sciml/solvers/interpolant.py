"""From one data set to another along a stochastic interpolant, as an ODE or an SDE; see `sciml.processes.interpolant`.

With time running down from t to s and h = t - s, both are Heun's method on the drift a = -b + eps score,

    x_p = x + h a(x, t) + sqrt(2 eps h) z,      x_s = x + h/2 (a(x, t) + a(x_p, s)) + sqrt(2 eps h) z,

of order 2, in law where eps > 0, for the noise is additive. The law of the end is the same for every eps; what differs is
how errors of b and of the score weigh: noise forgets them.

Reference: Albergo, Boffi and Vanden-Eijnden (2023), arXiv 2303.08797, section 2; Greiner, Strittmatter and Honerkamp
(1988), Journal of Statistical Physics 51, for Heun's method with additive noise.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.numerics.noise import gaussian_noise
from sciml.processes.interpolant import Interpolant
from sciml.solvers.grids import Grid

Field = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class InterpolantFlow:
    """What is known of an interpolant between two laws.

    Args:
        interpolant: the path.
        velocity: b(x, t), t a float64 scalar.
        noise: E[z | x_t = x] as a function of x and t; only the SDE needs it.
        t_min: distance from t = 0 and t = 1 that the times told to both keep, in [0, 1/2): there gamma = 0.
    """

    interpolant: Interpolant
    velocity: Field
    noise: Field | None = None
    t_min: float = 1e-3

    def __post_init__(self) -> None:
        if not 0 <= self.t_min < 0.5:
            raise ValueError(f"`t_min` must lie in [0, 0.5), got {self.t_min}")

    def drift(self, x: Float[Tensor, "batch *space"], t: Tensor, eps: float) -> Float[Tensor, "batch *space"]:
        """-b + eps score, for time that runs down.

        Args:
            x: state at time t.
            t: one time.
            eps: not negative.
        """
        t = t.clamp(self.t_min, 1 - self.t_min)
        if eps == 0:
            return -self.velocity(x, t)
        if self.noise is None:
            raise ValueError(f"`noise` must be given where `eps` is not 0, got None and {eps}")
        return -self.velocity(x, t) - (eps / self.interpolant.gamma(t)).to(x.dtype) * self.noise(x, t)


def transport(
    flow: InterpolantFlow,
    x: Float[Tensor, "batch *space"],
    grid: Grid,
    *,
    eps: float = 0.0,
    generator: torch.Generator | None = None,
) -> Float[Tensor, "batch *space"]:
    """Carries samples of x_1 to samples of x_0, at two calls of either field a step.

    Args:
        flow: b, and for eps > 0 E[z | x_t].
        x: states at time grid[0], for instance samples of x_1 at t = 1.
        grid: float64 times, decreasing within [0, 1].
        eps: how much noise, not negative, in units of the data squared per time; 0 for the ODE.
        generator: source of randomness, for eps > 0.

    Returns:
        The states at time grid[-1].

    Raises:
        FloatingPointError: if a step yields a state that is not finite.
    """
    if not 0 <= eps < math.inf:
        raise ValueError(f"`eps` must be finite and not negative, got {eps}")
    if eps and generator is None:
        raise ValueError("`generator` must be a torch.Generator where `eps` is not 0, got None")
    if bool((grid.diff() >= 0).any()) or not 0 <= grid[-1] < grid[0] <= 1:
        raise ValueError(f"`grid` must decrease within [0, 1], got {grid.tolist()}")
    for index, (t, s) in enumerate(pairwise(grid.cpu())):
        x = _step(flow, x, t, s, eps, generator)
        if not bool(torch.isfinite(x).all()):
            raise FloatingPointError(f"state is not finite after step {index}, from t = {t.item()} to {s.item()}")
    return x


def _step(flow: InterpolantFlow, x: Tensor, t: Tensor, s: Tensor, eps: float, generator: torch.Generator | None) -> Tensor:
    """One step of Heun's method."""
    h = (t - s).item()
    fresh = math.sqrt(2 * eps * h) * gaussian_noise(x, generator) if generator is not None and eps else 0.0
    slope = flow.drift(x, t, eps)
    predicted = x + h * slope + fresh
    return x + h / 2 * (slope + flow.drift(predicted, s, eps)) + fresh
