"""From the settings of a student to its training, for any denoiser whose process is Gaussian or a product of such.

A student has its teacher's network, begins with its weights and is sampled by DDIM in as many steps as it was made for.
"""

import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from inspect import signature
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn

from sciml.config.distillation import (
    BootConfig,
    ConsistencyConfig,
    ConsistencyTrainingConfig,
    PairsConfig,
    PIDConfig,
    ProgressiveConfig,
    StudentConfig,
)
from sciml.config.models import TrainingConfig
from sciml.denoisers.denoiser import Denoiser
from sciml.distillation.boot import BootObjective
from sciml.distillation.consistency import ConsistencyObjective
from sciml.distillation.consistency_training import ConsistencyTrainingObjective
from sciml.distillation.pid import PIDObjective
from sciml.distillation.progressive import ProgressiveObjective
from sciml.distillation.regression import PairObjective
from sciml.distillation.signal import Signal
from sciml.distillation.trajectory import Trajectory
from sciml.distillation.walk import walk
from sciml.io.errors import InputError
from sciml.io.events import join_events
from sciml.losses.times import focused_times
from sciml.numerics.states import tensors_of
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import prior_like, processes_of
from sciml.solvers.catalog import GRIDS
from sciml.solvers.configured import configured, solver_label
from sciml.solvers.grids import Grid, karras_grid
from sciml.training.batches import hash_seed
from sciml.training.fit import FitReport, fit

DIVERGED = 10  # times the size of data
Assemble = Callable[..., tuple[Any, ...]]


@dataclass(frozen=True)
class Course:
    """What students are trained on, and where.

    Args:
        rows: tensors of equal length: those of clean states, and perhaps a condition.
        assemble: called with a batch of them, returns a clean state, and its condition if there is one.
        student_grid: called with the number of steps, returns the times that the student is to walk.
        directory: of checkpoints and events.
        fingerprint: of configuration, data and seed.
        weight: in regression, of the squared error of each number of a state, as it broadcasts to one; for plain tensors.
        time_limit: wall seconds, of all that is done, after which to save and stop.
        precision: '32' or 'bf16', in which the teacher walks to make pairs.
        began: when they began to count, by the monotonic clock.
    """

    rows: Sequence[Tensor]
    assemble: Assemble
    student_grid: Callable[[int], Grid]
    directory: Path
    fingerprint: str
    weight: Tensor | None = None
    time_limit: float | None = None
    precision: str = "32"
    began: float = field(default_factory=time.monotonic)

    @property
    def time_left(self) -> float | None:
        """Of the limit, if there is one; a little, where it has passed, in which to save."""
        return None if self.time_limit is None else max(self.time_limit - (time.monotonic() - self.began), 1e-3)


def teach(config: StudentConfig, teacher: Denoiser, student: Denoiser, course: Course, *, seed: int) -> list[FitReport]:
    """Train a student in place; a report for each round of progressive distillation, else one.

    Args:
        config: how.
        teacher: takes no gradient.
        student: begins as a copy of the teacher.
        course: what on.
        seed: of shuffles and noise.

    Raises:
        Stopped, NonFiniteLoss: see `fit`.
    """
    match config.method:
        case PairsConfig():
            return [_on_pairs(config, config.method, teacher, student, course, seed)]
        case ConsistencyConfig():
            return [_consistently(config, config.method, teacher, student, course, seed)]
        case ConsistencyTrainingConfig():
            return [_without_teacher(config, student, course, seed)]
        case ProgressiveConfig():
            return _progressively(config, config.method, teacher, student, course, seed)
        case PIDConfig() | BootConfig():
            return [_along_the_flow(config, config.method, teacher, student, course, seed)]


def _on_pairs(
    config: StudentConfig, method: PairsConfig, teacher: Denoiser, student: Denoiser, course: Course, seed: int
) -> FitReport:
    """Pairs are made anew where a run goes on: by the same seed they are the same."""
    grid, device = course.student_grid(config.calls), torch.device("cuda" if torch.cuda.is_available() else "cpu")
    noise = Generator(device).manual_seed(hash_seed(seed, 8))
    chosen = torch.randperm(method.pairs, generator=Generator().manual_seed(hash_seed(seed, 9))) % len(course.rows[0])
    clean, *told = course.assemble(*(tensor[chosen].to(device) for tensor in course.rows))
    every = method.solver.steps // config.calls
    solver, _ = configured(method.solver, processes_of(teacher.process)[-1])
    fine = GRIDS[method.solver.grid](processes_of(teacher.process)[-1], method.solver.steps, t_end=float(grid[-1]))
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=course.precision == "bf16"):
        starts = prior_like(teacher.process, clean, noise)
        states = walk(teacher.to(device), solver, starts, fine, every=every, cond=told[0] if told else None, batch=64)
    _check_ends(states[-1], clean, solver_label(method.solver))
    parts = len(list(tensors_of(clean)))
    rows = [*chain.from_iterable(map(tensors_of, states)), *told]

    def assemble(*batch: Tensor) -> tuple[Any, ...]:
        cond = batch[parts * len(grid) :]
        return (*(course.assemble(*batch[k : k + parts], *cond)[0] for k in range(0, parts * len(grid), parts)), *cond)

    return _fit(config.training, PairObjective(student, grid, course.weight), rows, assemble, course, seed)


def _check_ends(ends: Any, clean: Any, solver: str) -> None:
    """Where a walk diverged there is nothing to learn."""
    for end, data in zip(tensors_of(ends), tensors_of(clean), strict=True):
        size, known = (float(each.float().square().mean().sqrt()) for each in (end, data))
        if not size <= DIVERGED * max(known, 1.0):  # states of all domains are brought to a size of about 1
            raise InputError(
                f"`student.method.solver` {solver} leads the teacher to states of root mean square {size:.3g}, "
                f"data have {known:.3g}: choose another solver or grid, or more steps"
            )


def _consistently(
    config: StudentConfig, method: ConsistencyConfig, teacher: Denoiser, student: Denoiser, course: Course, seed: int
) -> FitReport:
    grid = _finite(course.student_grid(config.calls), processes_of(student.process)[-1])
    objective = ConsistencyObjective(student, teacher, grid=grid, calls=method.chain, states=method.states)
    return _fit(config.training, objective, course.rows, course.assemble, course, seed)


def _without_teacher(config: StudentConfig, student: Denoiser, course: Course, seed: int) -> FitReport:
    lead = processes_of(student.process)[-1]
    grid = _finite(course.student_grid(config.calls), lead)
    times = focused_times(lead, float(grid[-1]), 1.0, mean=-1.0, deviation=1.6)
    objective = ConsistencyTrainingObjective(student, times, grid=grid)
    return _fit(config.training, objective, course.rows, course.assemble, course, seed)


def _finite(grid: Grid, lead: GaussianProcess) -> Grid:
    """With an end where lambda is finite; what noise is left there, the last step of DDIM drops."""
    return torch.cat([grid[:-1], grid[-1:].clamp(min=lead.t_min)])


def _progressively(
    config: StudentConfig, method: ProgressiveConfig, teacher: Denoiser, student: Denoiser, course: Course, seed: int
) -> list[FitReport]:
    reports = []
    for left in reversed(range(method.rounds)):
        objective = ProgressiveObjective(student, teacher, course.student_grid(config.calls * 2 ** (left + 1)))
        part = replace(course, directory=course.directory / f"round-{method.rounds - left}")
        training = _share(config.training, method.rounds)
        reports.append(_fit(training, objective, course.rows, course.assemble, part, hash_seed(seed, 20 + left)))
        teacher = deepcopy(student)
    folders = [course.directory / f"round-{k + 1}" for k in range(method.rounds)]
    join_events([folder / "events.jsonl" for folder in folders], course.directory / "events.jsonl")
    return reports


def _along_the_flow(
    config: StudentConfig, method: PIDConfig | BootConfig, teacher: Denoiser, student: Denoiser, course: Course, seed: int
) -> FitReport:
    """Of the rows only shapes and conditions are used."""
    if "told" not in signature(student.forward).parameters:
        raise InputError(f"`student.method` {method.kind} needs a network that is told the time; that of this model is not")
    lead = processes_of(student.process)[-1]
    end = float(_finite(course.student_grid(1), lead)[-1])
    grid = karras_grid(lead, method.intervals, t_end=end)
    flow = Trajectory(Signal(student, end), student.process, end)
    objective: nn.Module = (
        PIDObjective(flow, teacher, grid)
        if isinstance(method, PIDConfig)
        else BootObjective(flow, teacher, grid, second_order=method.second_order)
    )
    return _fit(config.training, objective, course.rows, course.assemble, course, seed)


def _share(training: TrainingConfig, rounds: int) -> TrainingConfig:
    """An equal part of a training."""
    if training.steps is not None:
        return training.model_copy(update={"steps": training.steps // rounds, "warmup": training.warmup // rounds})
    assert training.cpu_seconds is not None
    return training.model_copy(update={"cpu_seconds": training.cpu_seconds / rounds})


def _fit(
    training: TrainingConfig, objective: nn.Module, rows: Sequence[Tensor], assemble: Assemble, course: Course, seed: int
) -> FitReport:
    return fit(
        _OnRows(objective, assemble),
        rows,
        training,
        seed=seed,
        directory=course.directory,
        fingerprint=course.fingerprint,
        time_limit=course.time_left,
    )


class _OnRows(nn.Module):
    """An objective of states, called with their tensors as `fit` has them."""

    def __init__(self, objective: nn.Module, assemble: Assemble) -> None:
        super().__init__()
        self.objective, self.assemble = objective, assemble

    def advance(self, share: float) -> None:
        """Told before each step how much of the training is done, and hands it on to what asks for it."""
        if advance := getattr(self.objective, "advance", None):
            advance(share)

    def forward(self, generator: Generator, *rows: Tensor) -> Tensor:
        return self.objective(generator, *self.assemble(*rows))
