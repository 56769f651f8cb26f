"""Train one generator on a prepared set of sequences."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from sciml.config.sequence_models import SequenceModelConfig
from sciml.io.errors import InputError
from sciml.losses.letters import LetterObjective
from sciml.sequences.data.sequence_set import SequenceSet
from sciml.sequences.drakes import build
from sciml.sequences.generator import SequenceGenerator
from sciml.training.batches import hash_seed
from sciml.training.fit import FitReport, fit

MOST_CLASSES = 1000


@dataclass(frozen=True)
class TrainedGenerator:
    """A fitted generator, what its training took, and where its checkpoints and events lie."""

    generator: SequenceGenerator
    report: FitReport
    parameters: int
    run: Path


def train_generator(
    config: SequenceModelConfig,
    sequences: SequenceSet,
    *,
    seed: int,
    run_directory: Path,
    fingerprint: str,
    time_limit: float | None = None,
) -> TrainedGenerator:
    """Fit the network to the bound of the log-likelihood.

    Args:
        config: what to train and how.
        sequences: the training set.
        seed: of weights, shuffles and noise.
        run_directory: checkpoints and events lie in a folder of it named by the fingerprint.
        fingerprint: of configuration, data and seed.
        time_limit: wall seconds after which to save and stop.

    Raises:
        InputError: the label to be conditioned on is not there or holds no classes.
        Stopped, NonFiniteLoss: see `fit`.
    """
    torch.manual_seed(hash_seed(seed, 0))
    rows = examples_of(config, sequences)
    classes = int(rows[1].max()) + 1 if len(rows) == 2 else 0
    denoiser = build(config, len(sequences.alphabet), sequences.length, classes)
    generator = SequenceGenerator(denoiser, sequences.alphabet, sequences.length, classes)
    run = run_directory / fingerprint
    report = fit(
        LetterObjective(denoiser, config.condition_dropout if classes else 0.0),
        rows,
        config.training,
        seed=seed,
        directory=run,
        fingerprint=fingerprint,
        time_limit=time_limit,
    )
    generator.to("cpu").precision = report.precision
    parameters = sum(parameter.numel() for parameter in generator.parameters())
    return TrainedGenerator(generator.eval(), report, parameters, run)


def examples_of(config: SequenceModelConfig, sequences: SequenceSet) -> tuple[Tensor, ...]:
    """Letters, and the classes that a network is told, if it is; errors as of `classes_of`."""
    if config.condition is None:
        return (sequences.tokens,)
    return sequences.tokens, classes_of(sequences, config.condition)


def classes_of(sequences: SequenceSet, label: str) -> Tensor:
    """The class of each sequence.

    Raises:
        InputError: no such label, or values that are not whole numbers from 0 to 999.
    """
    if label not in sequences.labels:
        known = ", ".join(sequences.labels) or "none"
        raise InputError(f"`condition` must be a label of the data, one of {known}, got {label!r}")
    values = sequences.labels[label]
    last = MOST_CLASSES - 1
    wrong = ~((values >= 0) & (values < MOST_CLASSES) & (values == np.round(values)))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(f"label {label!r} of sequence {row} must be a whole number from 0 to {last}, got {values[row]:g}")
    return torch.from_numpy(values.astype(np.int64))
