"""How the drift and the noise of a stochastic interpolant are learnt; see `sciml.processes.interpolant`.

    L_b = E |b(x_t, t) - alpha' x_0 - beta' x_1|^2 - 2 gamma' b(x_t, t) . z,      L_z = E |noise(x_t, t) - z|^2,

L_b, up to a constant, the regression on dx_t/dt. The square of gamma' z is left out, for its mean over t is infinite, and
each state is seen with z and with -z, which keeps the variance of the rest finite where gamma' grows without bound.

Reference: Albergo, Boffi and Vanden-Eijnden (2023), arXiv 2303.08797, with its antithetic sampling.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.losses.times import uniform_times
from sciml.numerics.broadcasting import broadcast_time
from sciml.numerics.noise import gaussian_noise
from sciml.processes.interpolant import Interpolant

Field = Callable[[Tensor, Tensor], Tensor]


def velocity_loss(
    velocity: Field,
    interpolant: Interpolant,
    x_0: Float[Tensor, "batch *space"],
    x_1: Float[Tensor, "batch *space"],
    *,
    generator: torch.Generator,
    t_min: float = 1e-3,
) -> Float[Tensor, ""]:
    """L_b over the batch, each sample with both signs of its noise; it may be negative.

    Args:
        velocity: b(x_t, t) in training, t of shape (batch,) in float64.
        interpolant: the path.
        x_0: a batch of data.
        x_1: its partners.
        generator: source of the times and the noise, on the device of the data.
        t_min: distance that the times keep from 0 and 1, in (0, 1/2).
    """
    t, z = _draw(x_0, t_min, generator)
    plain = interpolant.drift_without_noise(x_0, x_1, t)
    pull = interpolant.gamma_dot(broadcast_time(t, x_0)).to(x_0.dtype) * z
    losses = []
    for sign in (1, -1):
        b = velocity(interpolant.interpolate(x_0, x_1, sign * z, t), t)
        losses.append(((b - plain) ** 2 - 2 * sign * pull * b).mean())
    return torch.stack(losses).mean()


def noise_loss(
    noise: Field,
    interpolant: Interpolant,
    x_0: Float[Tensor, "batch *space"],
    x_1: Float[Tensor, "batch *space"],
    *,
    generator: torch.Generator,
    t_min: float = 1e-3,
) -> Float[Tensor, ""]:
    """L_z over the batch; arguments as in `velocity_loss`, but for `noise`, which learns E[z | x_t]."""
    t, z = _draw(x_0, t_min, generator)
    return (noise(interpolant.interpolate(x_0, x_1, z, t), t) - z).square().mean()


def _draw(x_0: Tensor, t_min: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Times in [t_min, 1 - t_min], one per sample, and noise."""
    if not 0 < t_min < 0.5:
        raise ValueError(f"`t_min` must lie in (0, 0.5), got {t_min}")
    t = t_min + (1 - 2 * t_min) * uniform_times(0.0)(len(x_0), generator)
    return t, gaussian_noise(x_0, generator)
