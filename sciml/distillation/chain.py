"""A teacher's flow from a time for each sample, with all states on the way.

A multistep method in lambda: D is extrapolated from the last two calls to where the step leads, asked there, and the step
repeated with D linear between both ends. What was asked serves the next step, so K steps take K + 1 calls and each state
has second order; Heun's method takes 2 K and has, on mixtures of Gaussians, twenty times the error.

Reference: Zhao et al. (2023), arXiv 2302.04867, algorithm 1, for a corrector that costs no call.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.distillation.jump import jump, lerp_by_lambda, share_of_the_end
from sciml.numerics.broadcasting import broadcast_time
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import map_parts
from sciml.processes.process import Process


@torch.no_grad()
def teacher_chain(teacher: Denoiser, x_t: Any, times: Sequence[Tensor], cond: Any = None) -> list[Any]:
    """States of the flow at each of the times, `x_t` first.

    Args:
        teacher: whose flow.
        x_t: states at times[0].
        times: (batch,) each, falling or equal.
        cond: one for each sample.
    """
    process, states, asked = teacher.process, [x_t], [teacher(x_t, times[0], cond).mean]
    for k, (t, s) in enumerate(pairwise(times)):
        ahead = _extrapolated(process, asked[-2], asked[-1], times[k - 1], t, s) if k else asked[0]
        asked.append(teacher(jump(process, states[-1], ahead, t, s), s, cond).mean)
        states.append(jump(process, states[-1], lerp_by_lambda(process, asked[-2], asked[-1], t, s), t, s))
    return states


def _extrapolated(process: Process[Any], before: Any, now: Any, q: Tensor, t: Tensor, s: Tensor) -> Any:
    """d of a step from t to s, D being linear in lambda through what was said at q and t."""

    def further(part: GaussianProcess, a: Tensor, b: Tensor) -> Tensor:
        last, here, then = (part.lambda_(broadcast_time(time, a)) for time in (q, t, s))
        h = then - here
        return torch.lerp(a, b, (1 + share_of_the_end(h) * h / (here - last).clamp(min=1e-9)).to(a))

    return map_parts(process, further, before, now)
