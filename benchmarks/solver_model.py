"""What a solver under test sees of a problem: the exact denoiser in the convention of its library, every call counted."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.processes.gaussian import GaussianProcess

F64 = torch.float64


class Model:
    """A denoiser and a start.

    In y = x / alpha and s = sigma / alpha every Gaussian process is x_0 + s z, and a library for one schedule serves all.

    Args:
        process: of the denoiser.
        denoiser: E[x_0 | x_t].
        x: states at t = 1.
        t_end: where the solver is to stop, unless it goes to sigma = 0.

    Attributes:
        calls: of the denoiser so far.
    """

    def __init__(self, process: GaussianProcess, denoiser: Denoiser | None, x: Tensor, t_end: float) -> None:
        self.process, self.denoiser, self.x, self.t_end = process, denoiser, x, t_end
        self.calls = 0
        ends = torch.tensor([1.0, t_end], dtype=F64)
        alpha_1, self.alpha_end = process.alpha(ends)
        self.s_1, self.s_end = torch.exp(-process.lambda_(ends)).tolist()
        self.y = x / alpha_1.to(x.dtype)

    def mean(self, x_t: Tensor, t: Tensor) -> Tensor:
        """E[x_0 | x_t]."""
        self.calls += 1
        assert self.denoiser is not None  # an echo does without
        return self.denoiser(x_t, t).mean

    def denoised(self, y: Tensor, s: Tensor | float) -> Tensor:
        """E[x_0 | y = x_0 + s z]."""
        t = self.process.t_of_lambda(-torch.as_tensor(s, dtype=F64).log())
        return self.mean(self.process.alpha(t).to(y.dtype) * y, t)

    def noise(self, x_t: Tensor, level: Callable[[], Tensor]) -> Tensor:
        """E[z | y] of the variance-preserving x_t = y / sqrt(1 + s^2), s what `level` returns."""
        s = level()
        y = x_t * (1 + s**2).sqrt()
        return (y - self.denoised(y, s)) / s

    def leave(self, y: Tensor) -> Tensor:
        """The state of the process at t_end."""
        return self.alpha_end * y


class Echo(Model):
    """Costs next to nothing, so that what is timed is the solver.

    Args:
        process: of the times.
        x: states at t = 1.
        t_end: where the solver is to stop.
    """

    def __init__(self, process: GaussianProcess, x: Tensor, t_end: float) -> None:
        super().__init__(process, None, x, t_end)

    def mean(self, x_t: Tensor, t: Tensor) -> Tensor:
        self.calls += 1
        return x_t

    def denoised(self, y: Tensor, s: Tensor | float) -> Tensor:
        self.calls += 1
        return y

    def noise(self, x_t: Tensor, level: Callable[[], Tensor]) -> Tensor:
        self.calls += 1
        return x_t


Run = Callable[[Model, int], tuple[Tensor, bool]]


@dataclass(frozen=True)
class Candidate:
    """A solver on a grid.

    Args:
        library: it comes from.
        solver: its name.
        grid: name of the grid.
        run: from a model and a number of steps, which is not yet the number of calls, the end and whether sigma is 0 there.
    """

    library: str
    solver: str
    grid: str
    run: Run
