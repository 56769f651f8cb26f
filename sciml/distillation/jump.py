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


@torch.no_grad()
def heun_jump(teacher: Denoiser, x_t: Any, t: Tensor, s: Tensor, cond: Any = None) -> Any:
    """What d the flow of a teacher has from t to s, to second order: the mean of D at both ends.

    As d(u / kappa) = D d(1 / kappa), that is the trapezoidal rule in 1 / kappa, with D at s where DDIM leads.
    """
    first = teacher(x_t, t, cond).mean
    second = teacher(jump(teacher.process, x_t, first, t, s), s, cond).mean
    return map_parts(teacher.process, lambda _, a, b: (a + b) / 2, first, second)
