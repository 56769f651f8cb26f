"""Calibration: the solver schedules that come nearest to a model's own solutions, found on a few reference trajectories.

For each number of calls the candidates, forms and orders on grids made by hand, are ranked by their distance from solutions
with many steps; the best are refined by learning their grid and, if asked for, by a search over their steps. Half of the
states decide all of this; the other half choose among the last few, and give the distance that is reported.

Reference: Tong et al. (2025), arXiv 2405.15506, and Liu et al. (2023), arXiv 2312.07243, for the two refinements.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from sciml.denoisers.conditioned import Conditioned
from sciml.denoisers.denoiser import Denoiser
from sciml.numerics.states import flatten, take
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import processes_of
from sciml.solvers.ddim import ddim
from sciml.solvers.exponential.form import VELOCITY
from sciml.solvers.exponential.plain import exponential
from sciml.solvers.grids import log_snr_grid, sinh_grid, uniform_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.learned_grid import distance, learn_grid
from sciml.solvers.schedule import EMPIRICAL, WHITENED, Choice, Knowledge, Schedule, schedule_on
from sciml.solvers.schedule_search import search_schedule

CHOICES = (
    Choice("noise", 3),
    Choice("noise", 4),
    Choice("velocity", 3),
    Choice("data", 3),
    Choice("data", 2, 2),
    Choice("velocity", 2, 2),
    Choice("narrow", 3),
    Choice("narrow", 4),
    Choice("straight", 3),
    Choice("straight", 4),
)
INFORMED_CHOICES = tuple(Choice(form, order, order) for form in (WHITENED, EMPIRICAL) for order in (2, 3))
GRIDS = (log_snr_grid, sinh_grid)


View = Callable[[Any], Any]


@dataclass(frozen=True)
class Effort:
    """How much to try.

    Args:
        reference_steps: of the solutions to come near to.
        refine: candidates whose grid is learned.
        iterations: of learning.
        trials: of the search over steps; 0 for none.
    """

    reference_steps: int = 100
    refine: int = 2
    iterations: int = 60
    trials: int = 0


@dataclass(frozen=True)
class Entry:
    """What was found for one number of calls.

    Args:
        schedule: the best.
        distance: from the reference, on states that had no part but to choose it among the last few.
        ddim: the distance of DDIM, on its best grid, with as many calls.
    """

    schedule: Schedule
    distance: float
    ddim: float


@dataclass(frozen=True)
class Calibration:
    """What is known of a model beside its network.

    Args:
        entries: one for each number of calls, in rising order.
        knowledge: what their solvers need.
    """

    entries: tuple[Entry, ...] = ()
    knowledge: Knowledge = field(default_factory=Knowledge)

    def nearest(self, calls: int) -> Entry:
        """The entry whose calls are nearest, as a ratio."""
        return min(self.entries, key=lambda entry: max(entry.schedule.calls / calls, calls / entry.schedule.calls))


def calibrate(
    denoiser: Denoiser,
    x: Any,
    calls: Sequence[int],
    *,
    generator: torch.Generator,
    cond: Any = None,
    knowledge: Knowledge | None = None,
    effort: Effort | None = None,
    t_end: float | None = None,
    view: View | None = None,
    say: Callable[[str], object] | None = None,
) -> Calibration:
    """Find the best schedule for each number of calls.

    Args:
        denoiser: the model, differentiable with respect to state and time.
        x: a batch of states at t = 1, at least 2; some dozens.
        calls: numbers of network calls.
        generator: of the search, on the processor.
        cond: of these states, indexed by sample.
        knowledge: statistics, so that schedules which use them are tried too.
        effort: how much to try.
        t_end: where to end, by default t_min of the process.
        view: what of a state distances are measured in, such as the field that it stands for; differentiable. By default
            the state itself.
        say: told in a line what was found.
    """
    samples = len(flatten(x))
    if samples < 2:
        raise ValueError(f"`x` must hold at least 2 states, half to choose and half to judge, got {samples}")
    effort, knowledge = effort or Effort(), knowledge or Knowledge()
    parts = (slice(0, samples // 2), slice(samples // 2, None))
    halves = [(part, denoiser if cond is None else Conditioned(denoiser, take(cond, part))) for part in parts]
    tuning, judging = (
        _Bench.at(bound, take(x, half), knowledge, effort.reference_steps, t_end, view or _whole) for half, bound in halves
    )
    entries = []
    for n in sorted(set(calls)):
        entry = _find(n, tuning, judging, effort, generator)
        entries.append(entry)
        if say is not None:
            say(f"{n} calls: {entry.schedule}, distance {entry.distance:.4f} (DDIM {entry.ddim:.4f})")
    return Calibration(tuple(entries), knowledge)


@dataclass(frozen=True)
class _Bench:
    """States, and the view of where many steps take them."""

    denoiser: Denoiser
    process: GaussianProcess
    x: Any
    reference: Any
    knowledge: Knowledge
    t_end: float | None
    view: View

    @classmethod
    @torch.no_grad()
    def at(cls, denoiser: Denoiser, x: Any, knowledge: Knowledge, steps: int, t_end: float | None, view: View) -> "_Bench":
        process = processes_of(denoiser.process)[0]
        reference = integrate(exponential(VELOCITY, 3), denoiser, x, log_snr_grid(process, steps, t_end=t_end))
        return cls(denoiser, process, x, view(reference), knowledge, t_end, view)

    @torch.no_grad()
    def score(self, schedule: Schedule) -> float:
        """Distance from the reference, infinite where the schedule diverges."""
        try:
            end = integrate(schedule.solver(self.knowledge), self.denoiser, self.x, schedule.grid)
        except FloatingPointError:
            return torch.inf
        return float(self._distance(end, self.reference))

    @torch.no_grad()
    def ddim(self, calls: int) -> float:
        """Distance of DDIM on its best grid."""
        grids = [make(self.process, calls, t_end=self.t_end) for make in (*GRIDS, uniform_grid)]
        ends = (integrate(ddim(), self.denoiser, self.x, grid) for grid in grids)
        return min(float(self._distance(end, self.reference)) for end in ends)

    def candidates(self, calls: int) -> Iterator[Schedule]:
        """Schedules to begin with."""
        known = self.knowledge.forms
        choices = [choice for choice in (*CHOICES, *INFORMED_CHOICES) if choice.form in known]
        for make in GRIDS:
            for analytic in (False, True) if self.knowledge.data is not None else (False,):
                grid = make(self.process, calls + int(analytic), t_end=self.t_end)
                yield from (schedule_on([choice], grid, analytic_first=analytic) for choice in choices)

    def learned(self, schedule: Schedule, iterations: int) -> Schedule:
        """The same choices on a learned grid."""
        solver = schedule.solver(self.knowledge)
        states = (self.denoiser, self.x, self.reference)
        try:
            grid = learn_grid(solver, *states, schedule.grid, iterations=iterations, measure=self._distance)
        except FloatingPointError:  # a step of the optimiser too far
            return schedule
        return replace(schedule, times=tuple(grid.tolist()))

    def _distance(self, end: Any, reference: Any) -> Tensor:
        return distance(self.view(end), reference)


def _whole(state: Any) -> Any:
    return state


def _find(calls: int, tuning: _Bench, judging: _Bench, effort: Effort, generator: torch.Generator) -> Entry:
    ranked = sorted(tuning.candidates(calls), key=tuning.score)
    distinct = {(schedule.choices, schedule.analytic_first): schedule for schedule in reversed(ranked)}
    leaders = sorted(distinct.values(), key=ranked.index)[: effort.refine]
    found = [ranked[0], *(tuning.learned(leader, effort.iterations) for leader in leaders if effort.iterations)]
    if effort.trials:
        population = sorted([*found, *ranked[:4]], key=tuning.score)
        forms, trials = sorted(tuning.knowledge.forms), effort.trials
        found.append(
            search_schedule(tuning.score, tuning.process, population, forms=forms, trials=trials, generator=generator)
        )
    best = min(found, key=judging.score)
    return Entry(best, judging.score(best), judging.ddim(calls))
