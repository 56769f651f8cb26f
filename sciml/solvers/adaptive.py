"""DPM-Solver-12 and -23: as many steps as an error tolerance asks for.

Each trial step in lambda is made with order p and, from calls that this has made already, with order p - 1. With

    E = max over samples of rms((x_p - x_{p-1}) / delta),        delta = max(atol, rtol max(|x_p|, |x_start|)),

it is kept if E <= 1, and the next step is .9 E^(-1/p) times as long. The grid given to `integrate` holds the points to be
met exactly, so [1, t_min] is enough. A step is shared by all samples of a batch, so that its hardest sample decides; a
sample depends on its batch-mates to within the tolerance.

Reference: Lu et al. (2022), arXiv 2206.00927, appendix C and algorithm 4.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Posterior
from sciml.numerics.states import flatten
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import processes_of
from sciml.solvers.exponential.form import NOISE
from sciml.solvers.exponential.integrator import ExponentialIntegrator
from sciml.solvers.exponential.recipe import THIRDS, Recipe, Stage, StepSpec
from sciml.solvers.solver import Solver

_PAIRS = {
    2: ((Stage(1 / 2, (0,)), Stage(1.0, (0, 1), "midpoint")), (Stage(1.0, (0,)),)),
    3: (THIRDS, (THIRDS[0], Stage(1.0, (0, 1), "midpoint"))),
}
_SAFETY, _LONGEST, _SHORTEST = 0.9, 5.0, 1e-6


@dataclass(frozen=True)
class AdaptiveDPMSolver(Solver[Any, float]):
    """Remembers the length in lambda of the step to try next.

    Args:
        order: p, 2 or 3.
        relative_tolerance: rtol, positive.
        absolute_tolerance: atol, positive, in units of the state: 1/128 of its range in the paper.
        first_step: in lambda, positive.
    """

    order: int = 3
    relative_tolerance: float = 0.05
    absolute_tolerance: float = 0.0078
    first_step: float = 0.05

    def __post_init__(self) -> None:
        if self.order not in _PAIRS:
            raise ValueError(f"`order` must be 2 or 3, got {self.order}")
        for name in ("relative_tolerance", "absolute_tolerance", "first_step"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ValueError(f"`{name}` must be positive and finite, got {getattr(self, name)}")

    def init(self, denoiser: Denoiser, x: Any, grid: Tensor) -> float:
        return self.first_step

    def step(
        self, denoiser: Denoiser, x_t: Any, t: Tensor, s: Tensor, memory: float, *, generator: torch.Generator | None
    ) -> tuple[Any, float]:
        """See `Solver.step`; as many calls as the tolerance asks for.

        Raises:
            ValueError: lambda is infinite at s.
            FloatingPointError: the tolerance asks for steps shorter than 1e-6 in lambda.
        """
        process, remembering = processes_of(denoiser.process)[0], _Remembering(denoiser)
        if not bool(torch.isfinite(process.lambda_(s))):
            raise ValueError(f"`grid` must end where some noise is left, got {s.item()}, where lambda is infinite")
        x, length = x_t, memory
        while t > s:
            length = min(length, (process.lambda_(s) - process.lambda_(t)).item())
            end = self._end(process, t, s, length)
            better, worse = (_single(stages, remembering, x, t, end) for stages in _PAIRS[self.order])
            error = self._error(x, better, worse)
            if error <= 1:
                x, t = better, end
                remembering.known.clear()
            elif length < _SHORTEST:
                raise FloatingPointError(f"a step of {length:.1e} in lambda at t = {t.item()} has an error of {error:.1e}")
            length *= min(_LONGEST, _SAFETY * max(error, 1e-8) ** (-1 / self.order))
        return x, length

    def _end(self, process: GaussianProcess, t: Tensor, s: Tensor, length: float) -> Tensor:
        target = process.lambda_(t) + length
        return torch.maximum(process.t_of_lambda(target), s) if target < process.lambda_(s) else s

    def _error(self, x: Any, better: Any, worse: Any) -> float:
        start, high, low = flatten(x), flatten(better), flatten(worse)
        scale = (self.relative_tolerance * torch.maximum(high.abs(), start.abs())).clamp(min=self.absolute_tolerance)
        error = ((high - low) / scale).square().mean(1).sqrt().max().item()
        return error if error == error else float("inf")


class _Remembering(Denoiser):
    """Answers again what it has been asked since `known` was cleared: same state, same time."""

    def __init__(self, denoiser: Denoiser) -> None:
        super().__init__(denoiser.process)
        self.denoiser, self.known = denoiser, list[tuple[float, Tensor, Posterior[Any]]]()

    def forward(self, x_t: Any, t: Tensor, cond: Any = None) -> Posterior[Any]:
        """p(x_0 | x_t)."""
        time, flat = t.item(), flatten(x_t)
        for known_time, known, posterior in self.known:
            if known_time == time and torch.equal(known, flat):
                return posterior
        posterior = self.denoiser(x_t, t, cond)
        self.known.append((time, flat, posterior))
        return posterior


def _single(stages: tuple[Stage, ...], denoiser: Denoiser, x: Any, t: Tensor, s: Tensor) -> Any:
    solver, grid = ExponentialIntegrator(Recipe((StepSpec(NOISE, stages=stages),)), len(stages)), torch.stack([t, s])
    return solver.step(denoiser, x, t, s, solver.init(denoiser, x, grid), generator=None)[0]
