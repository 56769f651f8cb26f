"""Distil a generator of sequences: a student that makes in a few network calls what it makes in many."""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor, nn

from sciml.config.sequence_models import SequenceModelConfig
from sciml.config.sequence_students import MixtureStudentConfig
from sciml.distillation.letters.exponents import ExponentsObjective
from sciml.distillation.letters.mixture import MixtureObjective
from sciml.distillation.letters.scalars import ScalarsObjective
from sciml.io.errors import InputError
from sciml.losses.letters import with_some_untold
from sciml.processes.absorbing import Absorbing
from sciml.sequences.data.sequence_set import SequenceSet
from sciml.sequences.generator import SequenceGenerator
from sciml.sequences.student import Student, StudentConfig, begin_as, build_mixture
from sciml.sequences.train import examples_of
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
    origin: str = "the model",
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
        origin: what to call the teacher in an error.

    Raises:
        InputError: the teacher does not mask, is a student, or was told a label that the data lack.
        Stopped, NonFiniteLoss: see `fit`.
    """
    _check(teacher, origin)
    torch.manual_seed(hash_seed(seed, 0))
    still = deepcopy(teacher).requires_grad_(False).eval()
    student = Student(config)
    generator = deepcopy(still)
    if isinstance(config, MixtureStudentConfig):
        sizes = len(teacher.alphabet), teacher.length, teacher.classes
        generator.denoiser = build_mixture(model, config, *sizes)
        begin_as(generator.denoiser, still.denoiser.net)
    objective, run = _objective(generator, still, config), run_directory / fingerprint
    report = fit(
        _SomeUntold(objective, model.condition_dropout),
        examples_of(model, sequences),
        config.training,
        seed=seed,
        directory=run,
        fingerprint=fingerprint,
        time_limit=time_limit,
    )
    objective.to("cpu")
    generator.to("cpu").student = student
    if isinstance(objective, ExponentsObjective):
        student.take_over(objective.solver, student.grid)
    elif isinstance(objective, ScalarsObjective):
        student.take_over(objective.solver, objective.grid.detach())
    else:
        generator.precision = report.precision
    learned = sum(each.numel() for each in objective.parameters() if each.requires_grad)
    return Distilled(generator.eval(), report, learned, run)


class _SomeUntold(nn.Module):
    """An objective that is not told the class of a share of its examples, as its teacher was not."""

    def __init__(self, objective: nn.Module, untold: float) -> None:
        super().__init__()
        self.objective, self.untold = objective, untold

    def forward(self, generator: Generator, tokens: Tensor, cond: Tensor | None = None) -> Tensor:
        told = None if cond is None else with_some_untold(cond, self.untold, generator)
        return self.objective(generator, tokens, told)


def _check(teacher: SequenceGenerator, origin: str) -> None:
    process = teacher.denoiser.process
    if not isinstance(process, Absorbing):
        raise InputError(f"{origin}: only a model whose process is absorbing can be distilled, got {type(process).__name__}")
    if teacher.student is not None:
        made_for = teacher.student.label
        raise InputError(f"{origin}: is a student, sampled by {made_for} alone: only its teacher can be distilled")


def _objective(generator: SequenceGenerator, teacher: SequenceGenerator, config: StudentConfig) -> nn.Module:
    if isinstance(config, MixtureStudentConfig):
        terms = {"delta": config.delta, "share": config.share, "data_weight": config.data_weight}
        return MixtureObjective(generator.denoiser, teacher.denoiser, **terms)  # type: ignore[arg-type]
    if config.order == "spaced":
        return ExponentsObjective(teacher.denoiser, config.steps, paths=config.paths)
    grid, plus = uniform_grid(teacher.denoiser.process, config.steps), config.method == "lsd_plus"
    return ScalarsObjective(teacher.denoiser, grid, times=plus, paths=config.paths)
