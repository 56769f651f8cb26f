"""Score generated sequences against a prepared data set."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor

from sciml.config.sequence_settings import SequenceEvaluationConfig, SteeringConfig
from sciml.denoisers.reward import Reward
from sciml.io.errors import InputError
from sciml.sequences.data.planted import load_activity
from sciml.sequences.data.sequence_set import DNA, SequenceSet
from sciml.sequences.data.store import load_sequences, summary
from sciml.sequences.examples import sequence_examples
from sciml.sequences.generator import SequenceGenerator
from sciml.sequences.metrics.estimates import sample_mean
from sciml.sequences.metrics.judge import Judge, Scoring
from sciml.sequences.oracles.abilities import check_reads
from sciml.sequences.oracles.oracle import Oracle
from sciml.sequences.samples import read_samples
from sciml.training.batches import hash_seed

FEWEST = 4
SHORTEST = Scoring.k


@dataclass(frozen=True)
class Evaluated:
    """Scores and what they are of, and some sequences, as plain values; what the samples were led by, and the settings of
    the student that made them, if one did."""

    plain: dict[str, Any]
    examples: dict[str, Any]
    steering: SteeringConfig
    student: dict[str, Any] | None = None


def evaluate_samples(
    config: SequenceEvaluationConfig,
    data: Path,
    samples: Path,
    *,
    oracles: Mapping[str, Reward],
    pretrained: SequenceGenerator | None,
    seed: int,
    origin: str = "the pretrained model",
) -> Evaluated:
    """All scores.

    Args:
        config: which.
        data: prepared data set; the test split is the reference.
        samples: made by `sciml sample`.
        oracles: rewards by name; what is said of label and task is that of the first which was trained here.
        pretrained: for log-likelihoods; none: there are no such scores.
        seed: of bootstraps, choices and noise.
        origin: what to call the pretrained model in an error.

    Raises:
        InputError: samples that are none, or of another kind than the data; a model or an oracle of other sequences; scores
            that such sequences cannot have.
    """
    generated, made = read_samples(samples)
    training, reference = _real(config, data, seed)
    check_scores(config, training, data)
    for path, name, part in ((samples, "samples", generated), (data, "test split", reference)):
        _check(part, training, f"{path}: the {name}")
    if pretrained is not None:
        check_makes(pretrained, training, origin, data)
    for name, oracle in oracles.items():
        check_reads(oracle, training.alphabet, training.length, f"oracle {name!r}")
    known, rewards = summary(data), dict(oracles)
    if known.get("kind") == "motifs":
        rewards["true"] = load_activity(data)
    of_real, of_generated = (_likelihood(pretrained, part, config, seed) for part in (reference, generated))
    judge = Judge(
        training,
        reference,
        count=len(generated),
        seed=seed,
        scoring=Scoring(named=config.motifs),
        rewards=rewards,
        log_likelihoods=of_real,
    )
    plain = {
        **_facts(known, made, oracles),
        "count": len(generated),
        "nll": None if of_real is None else sample_mean(-of_real.double() / reference.length),
        "scores": judge.score(generated, of_generated),
    }
    return Evaluated(plain, sequence_examples(generated, reference, config.motifs), made["steering"], made.get("student"))


def check_makes(generator: SequenceGenerator, sequences: SequenceSet, origin: str, data: Path) -> None:
    """Passes generators of sequences like these.

    Args:
        generator: trained.
        sequences: of the data.
        origin: what to call the generator in an error.
        data: what to call the sequences in an error.

    Raises:
        InputError: it makes others.
    """
    if (generator.alphabet, generator.length) != (sequences.alphabet, sequences.length):
        made = f"makes {generator.length} letters of {generator.alphabet}"
        raise InputError(f"{origin}: {made}, {data} holds {sequences.length} of {sequences.alphabet}")


def check_scores(config: SequenceEvaluationConfig, sequences: SequenceSet, data: Path) -> None:
    """Passes sequences that can have the scores asked for.

    Raises:
        InputError: they are shorter than the words that are counted, or motifs of something that is no DNA are named.
    """
    if sequences.length < SHORTEST:
        raise InputError(f"{data}: scores need sequences of at least {SHORTEST} letters, got {sequences.length}")
    if config.motifs and sequences.alphabet != DNA:
        raise InputError(f"{data}: `motifs` are of DNA, but the letters are {sequences.alphabet}; got {config.motifs[0]!r}")


def _real(config: SequenceEvaluationConfig, data: Path, seed: int) -> tuple[SequenceSet, SequenceSet]:
    """The training set, and those of the test split that are compared with."""
    training, test = load_sequences(data, "train"), load_sequences(data, "test")
    chosen = torch.randperm(len(test), generator=Generator().manual_seed(hash_seed(seed, 14)))[: config.most]
    return training, test.take(chosen.sort().values.numpy())


def _check(part: SequenceSet, training: SequenceSet, name: str) -> None:
    if len(part) < FEWEST or (part.alphabet, part.length) != (training.alphabet, training.length):
        got = f"{len(part)} sequences of {part.length} letters of {part.alphabet}"
        raise InputError(f"{name} must be at least {FEWEST} of {training.length} letters of {training.alphabet}, got {got}")


def _facts(known: Mapping[str, Any], made: Mapping[str, Any], oracles: Mapping[str, Reward]) -> dict[str, Any]:
    """What the scores are of: data, sampler, and the label that the oracles were trained for."""
    target = next((oracle.target for oracle in oracles.values() if isinstance(oracle, Oracle)), None)
    return {
        "description": known.get("title"),
        "data": {key: known.get(key) for key in ("sequences", "length", "alphabet", "labels", "source_sha256")},
        **{key: made[key] for key in ("solver", "nfe", "seconds_per_sequence")},
        "label": target.label if target else None,
        "task": target.task if target else None,
    }


def _likelihood(
    model: SequenceGenerator | None, sequences: SequenceSet, config: SequenceEvaluationConfig, seed: int
) -> Tensor | None:
    if model is None:
        return None
    return model.log_likelihood(sequences, draws=config.draws, generator=Generator().manual_seed(hash_seed(seed, 15)))
