"""How likely each noise level is for a state whose noise is not known: log p_i(y) up to a constant in i.

p_i is the law of y = x / alpha at the i-th of some times, of s_i = sigma_i / alpha_i. Where the density is not known, the
heat equation has it that

    d log p_i(y) / d log s = E[|y - x_0|^2 | y] / s^2 - n,

n the elements of y, which a denoiser can say. It is integrated over the levels by the trapezoidal rule, at a call or more
for each.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Gaussian, gaussian_process
from sciml.denoisers.mixture import MixtureDenoiser
from sciml.numerics.noise import gaussian_noise

Levels = Callable[[Tensor, Tensor], Tensor]  # y (batch, *space) and times (levels) to log p_i(y) (batch, levels)


def exact_levels(oracle: MixtureDenoiser) -> Levels:
    """log p_i(y) of a mixture."""

    def log_density(y: Tensor, times: Tensor) -> Tensor:
        process, n = oracle.process, y[0].numel()
        return torch.stack([oracle.log_prob(process.alpha(t) * y, t) + n * process.alpha(t).log() for t in times], 1)

    return log_density


def denoiser_levels(denoiser: Denoiser, *, probes: int = 0, generator: torch.Generator | None = None) -> Levels:
    """log p_i(y) - log p_0(y) by a denoiser; see the module.

    E[|y - x_0|^2 | y] is |y - D|^2 and the variances of the posterior. A Dirac has none; they are s^2 tr dD/dy then, which
    random signs z estimate by s^2 z . (D(y + h z) - D(y)) / h, at another call each. Without, high levels are visited too
    little: in two dimensions it shows, in 64 not.

    Args:
        denoiser: the model.
        probes: number of z at each level, for a Dirac.
        generator: source of the signs, where there are probes.
    """
    if probes < 0:
        raise ValueError(f"`probes` must not be negative, got {probes}")
    if probes and generator is None:
        raise ValueError("`generator` must be a torch.Generator where there are `probes`, got None")
    process = gaussian_process(denoiser)

    def log_density(y: Tensor, times: Tensor) -> Tensor:
        slopes = []
        for t in times:
            s, posterior = torch.exp(-process.lambda_(t)).to(y.dtype), denoiser(process.alpha(t).to(y.dtype) * y, t)
            square = (y - posterior.mean).flatten(1).square().sum(1)
            if isinstance(posterior, Gaussian):
                square = square + posterior.variance.expand_as(y).flatten(1).sum(1)
            elif probes and generator is not None:
                square = square + s**2 * _divergence(denoiser, y, t, posterior.mean, s / 100, probes, generator)
            slopes.append(square / s**2 - y[0].numel())
        slope, log_s = torch.stack(slopes, 1), -process.lambda_(times).to(y)
        steps = (slope[:, 1:] + slope[:, :-1]) / 2 * log_s.diff()
        return torch.nn.functional.pad(steps.cumsum(1), (1, 0))

    return log_density


def _divergence(
    denoiser: Denoiser, y: Tensor, t: Tensor, mean: Tensor, h: Tensor, probes: int, generator: torch.Generator
) -> Float[Tensor, " batch"]:
    """An estimate of tr dD/dy, without bias but for that of the difference.

    Reference: Hutchinson (1990), Communications in Statistics 19.
    """
    alpha, total = gaussian_process(denoiser).alpha(t).to(y.dtype), torch.zeros(len(y), dtype=y.dtype, device=y.device)
    for _ in range(probes):
        z = gaussian_noise(y, generator).sign()
        total = total + (z * (denoiser(alpha * (y + h * z), t).mean - mean)).flatten(1).sum(1) / h
    return total / probes
