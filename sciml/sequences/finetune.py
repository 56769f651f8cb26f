"""Fine-tune a generator of sequences for a reward, watched by oracles that the optimiser never sees."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Generator

from sciml.config.sequence_models import FineTuningConfig
from sciml.denoisers.reward import Reward, rewards
from sciml.finetuning.drakes import DrakesObjective
from sciml.io.errors import InputError
from sciml.processes.absorbing import Absorbing
from sciml.sequences.alarm import Alarm
from sciml.sequences.data.sequence_set import SequenceSet
from sciml.sequences.drakes import steering
from sciml.sequences.generator import SequenceGenerator
from sciml.sequences.metrics.estimates import sample_mean
from sciml.training.batches import hash_seed
from sciml.training.fit import FitReport, fit

ACCOUNTED = 256  # paths whose divergence is measured
MOST_REAL = 1024  # real sequences that bands are made of


@dataclass(frozen=True)
class Tuned:
    """A fine-tuned generator and what came of it.

    Args:
        generator: at the end, or at the last look before the alarm.
        report: of the training.
        alarm: why it stopped early; empty if it did not.
        step: whose weights it has: the last, or that of the last look at which all was well, 0 being the pretrained.
        alpha: at the end.
        gap: reward of rollouts as the optimiser sees them less that of samples.
        divergence: of paths from those of the pretrained, in nats, with a 95% interval.
        run: where checkpoints and events lie.
    """

    generator: SequenceGenerator
    report: FitReport
    alarm: str
    step: int
    alpha: float
    gap: float
    divergence: dict[str, Any]
    run: Path


def finetune(
    pretrained: SequenceGenerator,
    config: FineTuningConfig,
    reward: Reward,
    *,
    judges: Mapping[str, Reward] | None = None,
    real: SequenceSet | None = None,
    seed: int,
    run_directory: Path,
    fingerprint: str,
    time_limit: float | None = None,
) -> Tuned:
    """DRAKES from a pretrained generator, which stays as it is.

    Args:
        pretrained: of masked letters; the paths of the fine-tuned one are held close to its.
        config: how.
        reward: differentiable, of one-hot vectors (batch, position, letter).
        judges: held-out oracles by name, for the alarm.
        real: sequences that say what is real, for the alarm; without them there is none.
        seed: of rollouts.
        run_directory, fingerprint, time_limit: as of `train_generator`.

    Raises:
        InputError: the generator does not mask.
        Stopped, NonFiniteLoss: see `fit`.
    """
    process = pretrained.denoiser.process
    if pretrained.student is not None:
        raise InputError("fine-tuning needs a model that samples in many steps, got a student: fine-tune its teacher")
    if not isinstance(process, Absorbing):
        raise InputError(f"fine-tuning needs a model whose process is absorbing, got {type(process).__name__}")
    generator, run = deepcopy(pretrained).requires_grad_(), run_directory / fingerprint
    generator.precision = "32"  # of what the alarm looks at
    objective = DrakesObjective(generator.plain, pretrained.plain, reward, steering(config))
    alarm = None
    if config.alarm is not None and real is not None:
        alarm = _alarm(generator, pretrained, judges or {}, real, config, seed, run)
    report = fit(
        objective,
        (torch.full((config.training.batch, pretrained.length), process.mask, dtype=torch.uint8),),
        config.training,
        seed=seed,
        directory=run,
        fingerprint=fingerprint,
        time_limit=time_limit,
        watch=alarm,
    )
    generator.to("cpu")
    halted, step = _delivered(report, alarm)
    generator.eval().precision = report.precision
    gap, divergence = account(objective.to("cpu"), pretrained, reward, seed)
    return Tuned(generator, report, halted, step, float(objective.alpha), gap, divergence, run)


def _alarm(
    generator: SequenceGenerator,
    pretrained: SequenceGenerator,
    judges: Mapping[str, Reward],
    real: SequenceSet,
    config: FineTuningConfig,
    seed: int,
    run: Path,
) -> Alarm:
    """An alarm whose bands are of some of the real sequences, and which keeps weights beside the run's checkpoint."""
    assert config.alarm is not None
    chosen = torch.randperm(len(real), generator=Generator().manual_seed(hash_seed(seed, 10)))[:MOST_REAL]
    kept = run / "kept.safetensors"
    if not (run / "checkpoint.pt").exists():  # of a run that was begun anew
        kept.unlink(missing_ok=True)
    return Alarm(generator, deepcopy(pretrained), judges, real.take(chosen.numpy()), config.alarm, config.steps, seed, kept)


def _delivered(report: FitReport, alarm: Alarm | None) -> tuple[str, int]:
    """Why it stopped early, if it did, and the step whose weights the generator is left with."""
    if alarm is None:
        return report.halted, report.steps
    halted = report.halted or alarm.look(report.steps) or ""  # what is delivered is an average, which none has looked at
    return halted, alarm.restore() if halted else report.steps


@torch.no_grad()
def account(
    objective: DrakesObjective, pretrained: SequenceGenerator, reward: Reward, seed: int
) -> tuple[float, dict[str, Any]]:
    """By how much rollouts look better than samples, and how far the paths of samples are from the pretrained ones."""
    source, process = Generator().manual_seed(hash_seed(seed, 13)), pretrained.denoiser.process
    prompts = process.prior((ACCOUNTED, pretrained.length), generator=source)
    seen = rewards(reward, objective.eval().roll_out(source, prompts).x[..., :-1]).mean()
    exact = replace(objective.steering, estimator="exact", temperature=1.0, measured=None)
    path = DrakesObjective(objective.denoiser, pretrained.plain, reward, exact).roll_out(source, prompts)
    gap = (seen - rewards(reward, path.x[..., :-1]).mean()).item()
    return gap, sample_mean(path.divergence)
