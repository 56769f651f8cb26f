"""The exponential integrator that runs every recipe: the one core of the continuous solvers."""

from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, gaussian_process
from sciml.denoisers.statistics import DataStatistics
from sciml.numerics.linear import Coefficient, linear
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import join, noise_like, processes_of, split
from sciml.solvers.exponential.program import Move, Program, Row, compile_program
from sciml.solvers.exponential.recipe import Recipe
from sciml.solvers.solver import Solver, required

Parts = tuple[Tensor, ...]


@dataclass(frozen=True)
class Memory:
    """What is remembered between steps.

    Args:
        index: of the next step.
        programs: of each part of the state.
        statistics: of the data in the dtype of the state, or None.
        past: for each part what is kept of the model calls, newest first, in the modes if forms differ there.
        start: where the last step started, corrected.
    """

    index: int
    programs: tuple[Program, ...]
    statistics: DataStatistics | None
    past: tuple[Parts, ...]
    start: Parts = ()


@dataclass(frozen=True)
class ExponentialIntegrator(Solver[Any, Memory]):
    """Runs a recipe; see `form`, `rules`, `recipe` and `program`.

    Args:
        recipe: what each step does.
        order: of the global error.
        statistics: of the data, to whose modes the forms refer; None where each form has one variance for all.
        analytic_first: whether the first model call is answered by the Gaussian with these statistics, which at high noise
            is nearly all there is to know: saves a call.
    """

    recipe: Recipe = field(default_factory=Recipe)
    order: int = 1
    statistics: DataStatistics | None = None
    analytic_first: bool = False

    def __post_init__(self) -> None:
        if self.analytic_first and self.statistics is None:
            raise ValueError("`analytic_first` needs `statistics` of the data, got None")

    @property
    def stochastic(self) -> bool:
        """Whether a step adds fresh noise."""
        return self.recipe.stochastic

    def warmed(self) -> "ExponentialIntegrator":
        """The same solver with a start as accurate as its order; see `Recipe.warmed`."""
        return replace(self, recipe=self.recipe.warmed(self.order))

    def init(self, denoiser: Denoiser, x: Any, grid: Tensor) -> Memory:
        """Compiles the recipe on the grid, once for each process and grid."""
        processes, parts = processes_of(denoiser.process), split(denoiser.process, x)
        if self.statistics is not None and len(parts) > 1:
            raise ValueError("`statistics` go with a state of one tensor, got a structured state")
        programs = tuple(_program(self.recipe, process, grid, processes[0]) for process in processes)
        statistics = None if self.statistics is None else self.statistics.to(parts[0])
        return Memory(0, programs, statistics, ((),) * len(parts))

    def step(
        self, denoiser: Denoiser, x_t: Any, t: Tensor, s: Tensor, memory: Memory, *, generator: torch.Generator | None
    ) -> tuple[Any, Memory]:
        """See `Solver.step`; as many calls of the denoiser as the step has stages, less one if the first is analytic."""
        process, statistics, index = denoiser.process, memory.statistics, memory.index
        steps = [program.steps[index] for program in memory.programs]
        x, past, start, depth = x_t, memory.past, memory.start, memory.programs[0].depth
        for k, move in enumerate(steps[0]):
            moves = [step[k] for step in steps]
            analytic = self.analytic_first and index + k == 0
            mean = _gaussian_mean(denoiser, x, move.t, statistics) if analytic else denoiser(x, move.t).mean
            here = self._enter(statistics, split(process, x), move.alpha)
            seen = zip(moves, here, self._enter(statistics, split(process, mean), 1.0), past, strict=True)
            past = tuple(_remember(move, state, output, old)[:depth] for move, state, output, old in seen)
            if k == 0:
                start = tuple(map(_correct, moves, here, start or here, past))
            end = tuple(map(_advance, moves, start, past))
            if any(move.advance.noise != 0.0 for move in moves):
                fresh = split(process, noise_like(process, join(process, x_t, end), required(generator, self)))
                end = tuple(map(_stir, moves, end, fresh))
            x = join(process, x_t, self._leave(statistics, end, move.alpha_end, x))
        return x, Memory(index + 1, memory.programs, statistics, past, start)

    def _enter(self, statistics: DataStatistics | None, parts: Parts, alpha: Coefficient) -> Parts:
        """x - alpha m, and its amplitudes in the modes if forms differ from mode to mode."""
        if statistics is None:
            return parts
        centred = parts[0] - alpha * statistics.mean
        return (statistics.modes.forward(centred) if self._in_modes else centred,)

    def _leave(self, statistics: DataStatistics | None, parts: Parts, alpha: Coefficient, like: Any) -> Parts:
        """The inverse of `_enter`."""
        if statistics is None:
            return parts
        centred = statistics.modes.inverse(parts[0], like.shape) if self._in_modes else parts[0]
        return (centred + alpha * statistics.mean,)

    @cached_property
    def _in_modes(self) -> bool:
        return self.recipe.in_modes


def _program(recipe: Recipe, process: GaussianProcess, grid: Tensor, lead: GaussianProcess) -> Program:
    if grid.requires_grad:
        return compile_program(recipe, process, grid, lead)
    return _compiled(recipe, process, tuple(grid.tolist()), lead)


@lru_cache(maxsize=16)
def _compiled(recipe: Recipe, process: GaussianProcess, times: tuple[float, ...], lead: GaussianProcess) -> Program:
    with torch.inference_mode(False):  # what is kept must serve a later call that differentiates, too
        return compile_program(recipe, process, torch.tensor(times, dtype=torch.float64), lead)


def _gaussian_mean(denoiser: Denoiser, x: Tensor, t: Tensor, statistics: DataStatistics | None) -> Tensor:
    assert statistics is not None  # the constructor saw to it
    return statistics.posterior_mean(gaussian_process(denoiser), x, t)


def _remember(move: Move, x: Tensor, mean: Tensor, past: Parts) -> Parts:
    """What is kept of a call, newest first."""
    fresh = tuple(mean if made is None else linear(made[0], x, ((made[1], mean),)) for made in move.outputs)
    return fresh + past


def _correct(move: Move, here: Tensor, start: Tensor, past: Parts) -> Tensor:
    return here if move.correct is None else _apply(move.correct, start, past)


def _advance(move: Move, start: Tensor, past: Parts) -> Tensor:
    return _apply(move.advance, start, past)


def _apply(row: Row, x: Tensor, past: Parts) -> Tensor:
    moved = linear(row.keep, x, tuple((weight, past[j]) for j, weight in row.terms))
    return moved + row.constant.to(moved) if isinstance(row.constant, Tensor) else moved


def _stir(move: Move, x: Tensor, fresh: Tensor) -> Tensor:
    return linear(1.0, x, ((move.advance.noise, fresh),))
