"""Score generated sequences against a prepared data set."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Generator

from sciml.config.sequence_settings import SequenceEvaluationConfig
from sciml.io.errors import InputError
from sciml.sequences.data.planted import load_activity
from sciml.sequences.data.sequence_set import SequenceSet
from sciml.sequences.data.store import load_sequences, summary
from sciml.sequences.examples import sequence_examples
from sciml.sequences.generator import SequenceGenerator
from sciml.sequences.metrics.judge import Judge, Scoring
from sciml.sequences.oracles.reward import Reward
from sciml.sequences.oracles.train import Oracle
from sciml.sequences.samples import read_samples
from sciml.training.batches import hash_seed

FEWEST = 4


@dataclass(frozen=True)
class Evaluated:
    """Scores and what they are of, and some sequences, as plain values."""

    plain: dict[str, Any]
    examples: dict[str, Any]


def evaluate_samples(
    config: SequenceEvaluationConfig,
    data: Path,
    samples: Path,
    *,
    oracles: Mapping[str, Oracle],
    pretrained: SequenceGenerator | None,
    seed: int,
) -> Evaluated:
    """All scores.

    Args:
        config: which.
        data: prepared data set; the test split is the reference.
        samples: made by `sciml sample`.
        oracles: rewards by name.
        pretrained: for log-likelihoods; none: there are no such scores.
        seed: of bootstraps, choices and noise.

    Raises:
        InputError: samples that are none, or of another kind than the data.
    """
    generated, made = read_samples(samples)
    training, test = load_sequences(data, "train"), load_sequences(data, "test")
    for name, part in (("samples", generated), ("test split", test)):
        if len(part) < FEWEST or (part.alphabet, part.length) != (training.alphabet, training.length):
            what = f"{len(part)} sequences of {part.length} letters of {part.alphabet}"
            allowed = f"at least {FEWEST} of {training.length} letters of {training.alphabet}"
            raise InputError(f"{samples if name == 'samples' else data}: the {name} must be {allowed}, got {what}")
    chosen = torch.randperm(len(test), generator=Generator().manual_seed(hash_seed(seed, 14)))[: config.most]
    reference, known = test.take(chosen.sort().values.numpy()), summary(data)
    rewards: dict[str, Reward] = dict(oracles)
    if known.get("kind") == "motifs":
        rewards["true"] = load_activity(data)
    likelihoods: list[torch.Tensor | None] = [None, None]
    if pretrained is not None:
        likelihoods = [_likelihood(pretrained, part, config, seed) for part in (reference, generated)]
    scoring = Scoring(named=config.motifs)
    judge = Judge(
        training,
        reference,
        count=len(generated),
        seed=seed,
        scoring=scoring,
        rewards=rewards,
        log_likelihoods=likelihoods[0],
    )
    target = next((oracle.target for oracle in oracles.values()), None)
    plain = {
        "description": known.get("title"),
        "data": {key: known.get(key) for key in ("sequences", "length", "alphabet", "labels", "source_sha256")},
        "solver": made["solver"],
        "nfe": made["nfe"],
        "count": len(generated),
        "seconds_per_sequence": made["seconds_per_sequence"],
        "label": target.label if target else None,
        "task": target.task if target else None,
        "nll": _nll(likelihoods[0], reference.length),
        "scores": judge.score(generated, likelihoods[1]),
    }
    return Evaluated(plain, sequence_examples(generated, reference, config.motifs))


def _likelihood(
    model: SequenceGenerator, sequences: SequenceSet, config: SequenceEvaluationConfig, seed: int
) -> torch.Tensor:
    return model.log_likelihood(sequences, draws=config.draws, generator=Generator().manual_seed(hash_seed(seed, 15)))


def _nll(likelihood: torch.Tensor | None, length: int) -> dict[str, Any] | None:
    """Nats a letter of real sequences, with a 95% interval over them."""
    if likelihood is None:
        return None
    each = -likelihood.double() / length
    mean, error = each.mean().item(), each.std().item() / len(each) ** 0.5
    return {"value": mean, "interval": [mean - 1.96 * error, mean + 1.96 * error]}
