"""Distil a generator of sequences: a student that makes in a few network calls what it makes in many."""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from sciml.config.models import TrainingConfig
from sciml.config.sequence_models import SequenceModelConfig
from sciml.config.sequence_students import MixtureStudentConfig
from sciml.distillation.letters.exponents import ExponentsObjective
from sciml.distillation.letters.mixture import MixtureObjective
from sciml.distillation.letters.scalars import ScalarsObjective
from sciml.io.errors import InputError
from sciml.processes.absorbing import Absorbing
from sciml.sequences.data.sequence_set import SequenceSet
from sciml.sequences.generator import SequenceGenerator
from sciml.sequences.student import Student, StudentConfig, begin_as, build_mixture
from sciml.solvers.grids import uniform_grid
from sciml.training.batches import hash_seed
from sciml.training.fit import FitReport, fit


@dataclass(frozen=True)
class Distilled:
    """A student, what its training took, how many numbers were learned, and where its checkpoints and events lie."""

    generator: SequenceGenerator
    report: FitReport
    learned: int
    run: Path


def distill(
    teacher: SequenceGenerator,
    model: SequenceModelConfig,
    config: StudentConfig,
    sequences: SequenceSet,
    *,
    seed: int,
    run_directory: Path,
    fingerprint: str,
    time_limit: float | None = None,
) -> Distilled:
    """A student of a generator, which stays as it is.

    Sequences of the data stand for those that the teacher makes in many steps, which it was trained to make: they cost
    nothing, and where the teacher is not sure enough, as it is on letters planned in combs, a student is put right by them.

    Args:
        teacher: of masked letters.
        model: that the teacher was built from.
        config: of the student.
        sequences: to learn from, of the teacher's kind.
        seed: of weights, shuffles and noise.
        run_directory, fingerprint, time_limit: as of `train_generator`.

    Raises:
        InputError: the teacher does not mask, or is a student.
        Stopped, NonFiniteLoss: see `fit`.
    """
    _check(teacher)
    torch.manual_seed(hash_seed(seed, 0))
    still = deepcopy(teacher).requires_grad_(False).eval()
    student = Student(config)
    generator = deepcopy(still)
    if isinstance(config, MixtureStudentConfig):
        sizes = len(teacher.alphabet), teacher.length, teacher.classes
        generator.denoiser = build_mixture(model, config, *sizes)
        begin_as(generator.denoiser, still.denoiser.net)
    objective, run = _objective(generator, still, config), run_directory / fingerprint
    report = _fitted(objective, config.training, sequences, seed, run, fingerprint, time_limit)
    generator.to("cpu").student = student
    if isinstance(objective, ExponentsObjective):
        student.take_over(objective.solver, student.grid)
    elif isinstance(objective, ScalarsObjective):
        student.take_over(objective.solver, objective.grid.detach())
    else:
        generator.precision = report.precision
    learned = sum(each.numel() for each in objective.parameters() if each.requires_grad)
    return Distilled(generator.eval(), report, learned, run)


def _check(teacher: SequenceGenerator) -> None:
    process = teacher.denoiser.process
    if not isinstance(process, Absorbing):
        raise InputError(f"distillation needs a model whose process is absorbing, got {type(process).__name__}")
    if teacher.student is not None:
        raise InputError("distillation needs a teacher that samples in many steps, got a student: distil its teacher")


def _objective(generator: SequenceGenerator, teacher: SequenceGenerator, config: StudentConfig) -> nn.Module:
    if isinstance(config, MixtureStudentConfig):
        terms = {"delta": config.delta, "share": config.share, "data_weight": config.data_weight}
        return MixtureObjective(generator.denoiser, teacher.denoiser, **terms)  # type: ignore[arg-type]
    if config.order == "spaced":
        return ExponentsObjective(teacher.denoiser, config.steps, paths=config.paths)
    grid, plus = uniform_grid(teacher.denoiser.process, config.steps), config.method == "lsd_plus"
    return ScalarsObjective(teacher.denoiser, grid, times=plus, paths=config.paths)


def _fitted(
    objective: nn.Module,
    training: TrainingConfig,
    sequences: SequenceSet,
    seed: int,
    run: Path,
    fingerprint: str,
    time_limit: float | None,
) -> FitReport:
    report = fit(
        objective,
        (sequences.tokens,),
        training,
        seed=seed,
        directory=run,
        fingerprint=fingerprint,
        time_limit=time_limit,
    )
    objective.to("cpu")
    return report
