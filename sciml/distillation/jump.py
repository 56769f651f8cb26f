"""Where the probability flow goes if what is foreseen of the data does not change on the way.

With u = x / alpha and kappa = sigma / alpha the flow is du/dkappa = (u - D(x_t, t)) / kappa, D = E[x_0 | x_t]. Were D
constant from t to s, it would lead to

    jump(x_t, d, t, s) = alpha_s d + (sigma_s / sigma_t) (x_t - alpha_t d),        d = D,

the step of DDIM. Every state that the flow reaches at s is a jump, of a mean d of what D says between. So a student says d:
it is a denoiser, one step of DDIM by it is the whole flow, and solvers, guidance and evaluation take it as its teacher.

Times are one for each sample. States may be structured.

Reference: Song et al. (2020), arXiv 2010.02502, equation 12; Karras et al. (2022), arXiv 2206.00364, equation 1.
"""

from typing import Any

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.numerics.broadcasting import broadcast_time, scaled_sum
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import map_parts
from sciml.processes.process import Process


def jump(process: Process[Any], x_t: Any, d: Any, t: Tensor, s: Tensor) -> Any:
    """The state at time s; see the module.

    Args:
        process: of the state.
        x_t: state at time t.
        d: clean data, in the shape of the state.
        t, s: times with s <= t, sigma_t > 0.
    """

    def move(part: GaussianProcess, x: Tensor, data: Tensor) -> Tensor:
        now, then = broadcast_time(t, x), broadcast_time(s, x)
        kept = part.sigma(then) / part.sigma(now)
        return scaled_sum(kept, x, part.alpha(then) - kept * part.alpha(now), data)

    return map_parts(process, move, x_t, d)


def d_between(process: Process[Any], x_t: Any, x_s: Any, t: Tensor, s: Tensor) -> Any:
    """The d of the jump from x_t to x_s; arguments as in `jump`, with s < t."""

    def told(part: GaussianProcess, x: Tensor, y: Tensor) -> Tensor:
        now, then = broadcast_time(t, x), broadcast_time(s, x)
        kept = part.sigma(then) / part.sigma(now)
        reach = part.alpha(then) - kept * part.alpha(now)
        return scaled_sum(1 / reach, y, -kept / reach, x)

    return map_parts(process, told, x_t, x_s)


def share_of_the_end(h: Tensor) -> Tensor:
    """How much D at the end of a step of h in lambda counts in d, the rest being D at its beginning.

    With D linear in lambda between them: int (l / h) e^l dl / int e^l dl over [0, h] = 1 / (1 - e^-h) - 1 / h; 1/2 for short
    steps, and near 1 for long ones, at the end of which most is decided.
    """
    h = h.clamp(min=1e-4)  # below it the two terms cancel
    return -1 / torch.expm1(-h) - 1 / h


def lerp_by_lambda(process: Process[Any], first: Any, second: Any, t: Tensor, s: Tensor) -> Any:
    """d of a step from t to s in which D goes from `first` to `second`, linearly in lambda."""

    def mean(part: GaussianProcess, a: Tensor, b: Tensor) -> Tensor:
        h = part.lambda_(broadcast_time(s, a)) - part.lambda_(broadcast_time(t, a))
        return torch.lerp(a, b, share_of_the_end(h).to(a))

    return map_parts(process, mean, first, second)


@torch.no_grad()
def heun_jump(teacher: Denoiser, x_t: Any, t: Tensor, s: Tensor, cond: Any = None) -> Any:
    """What d the flow of a teacher has from t to s, to second order: of D at both ends, where DDIM leads at s."""
    first = teacher(x_t, t, cond).mean
    second = teacher(jump(teacher.process, x_t, first, t, s), s, cond).mean
    return lerp_by_lambda(teacher.process, first, second, t, s)


def interpolate(process: Process[Any], x_0: Any, eps: Any, t: Tensor) -> Any:
    """x_t = alpha_t x_0 + sigma_t eps, of each part of a state."""
    return map_parts(process, lambda part, data, noise: part.interpolate(data, noise, t), x_0, eps)
