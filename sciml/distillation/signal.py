"""A denoiser as what a `Trajectory` learns with, and whose student is that denoiser itself, asked once at t = 1.

The network, asked about the noise x_1, is told where on the way d_t is wanted, by a clock that runs backwards,

    d_t = D(x_1, 1; told 1 + t_end - t),

so that d at the end of the way is what the denoiser says at t = 1, told 1: after training one step of DDIM by it is the
whole flow, as by students of every other method, and it needs nothing to go with it. It begins as the teacher: d_1 of a
network that was trained to be told 1 is what it says when told t_end.
"""

from typing import Any

from torch import Tensor, nn

from sciml.denoisers.denoiser import Denoiser
from sciml.distillation.trajectory import ONE
from sciml.processes.parts import map_parts


class Signal(nn.Module):
    """Called as signal(x_1 / sigma_1, t, cond); returns d_t.

    Args:
        denoiser: called with `told`, the time that its network is told in place of its own.
        t_end: where the way ends.
    """

    def __init__(self, denoiser: Denoiser, t_end: float) -> None:
        super().__init__()
        self.denoiser, self.t_end = denoiser, t_end

    def forward(self, unit: Any, t: Tensor, cond: Any = None) -> Any:
        x_1 = map_parts(self.denoiser.process, lambda part, x: x * part.sigma(ONE).to(x), unit)
        return self.denoiser(x_1, ONE, cond, told=1 + self.t_end - t).mean
