"""DRAKES and every baseline on real peaks of PU.1 and CTCF: oracles, pretraining, fine-tuning, scores."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from torch import Generator

from sciml.config.models import TrainingConfig
from sciml.config.sequence_models import DilatedCNNConfig, FineTuningConfig, SequenceModelConfig
from sciml.config.sequence_oracles import ConvolutionalOracleConfig, OraclesConfig, OracleTargetConfig
from sciml.config.sequence_settings import SequenceSamplingConfig, SteeringConfig
from sciml.sequences.data.sequence_set import SequenceSet
from sciml.sequences.data.store import load_sequences
from sciml.sequences.finetune import finetune
from sciml.sequences.metrics.judge import Judge, Scoring
from sciml.sequences.metrics.kmers import kmer_frequencies
from sciml.sequences.oracles.panel import JUDGES, train_member, train_panel
from sciml.sequences.oracles.reward import reward_of
from sciml.sequences.sampling import sample_sequences
from sciml.sequences.train import train_generator

SPI1 = "MA0080.7"
ORACLES = OraclesConfig(
    target=OracleTargetConfig(label="pu1", shuffles="none", both_strands=True),
    net=ConvolutionalOracleConfig(training=TrainingConfig(cpu_seconds=13, batch=128, rate=6e-3)),
)
MODEL = SequenceModelConfig(
    net=DilatedCNNConfig(width=64),
    condition="pu1",
    training=TrainingConfig(steps=3500, batch=128, rate=3e-3),
)
TUNING = TrainingConfig(steps=60, batch=32, rate=1e-3, precision="32", weight_decay=0.0, ema=0.02)
TUNED = {
    "drakes alpha 0": FineTuningConfig(measured=8, alpha=0.0, training=TUNING),
    "drakes alpha 0, no alarm": FineTuningConfig(measured=8, alpha=0.0, alarm=None, training=TUNING),
    "drakes alpha 0.1, no alarm": FineTuningConfig(measured=8, alpha=0.1, alarm=None, training=TUNING),
    "drakes alpha 0.3": FineTuningConfig(measured=8, alpha=0.3, training=TUNING),
    "drakes alpha 1": FineTuningConfig(measured=8, alpha=1.0, training=TUNING),
    "drakes target 8 nats": FineTuningConfig(measured=8, alpha=0.3, target=8.0, training=TUNING),
}
PLAIN = SteeringConfig()
RISING = ("drakes alpha 1", "drakes alpha 0.3", "drakes alpha 0.1, no alarm", "drakes alpha 0, no alarm")
STEERED = {  # steps and way; what makes one chain also at the calls of eight
    "pretrained": (32, PLAIN),
    "pretrained, 256 calls": (256, PLAIN),
    "best of 8": (32, SteeringConfig(method="best_of_n", particles=8)),
    "look-ahead": (32, SteeringConfig(method="look_ahead", alpha=1.0)),
    "look-ahead, 256 calls": (256, SteeringConfig(method="look_ahead", alpha=1.0)),
    "classifier": (32, SteeringConfig(method="classifier", weight=4.0)),
    "classifier, 256 calls": (256, SteeringConfig(method="classifier", weight=4.0)),
    "classifier-free": (32, SteeringConfig(method="classifier_free", label=1, weight=2.0)),
    "classifier-free, 256 calls": (128, SteeringConfig(method="classifier_free", label=1, weight=2.0)),
    "SMC 8": (32, SteeringConfig(method="smc", particles=8, alpha=0.3)),
    "TDS 8": (32, SteeringConfig(method="tds", particles=8, alpha=1.0)),
    "SVDD 8": (32, SteeringConfig(method="svdd", particles=8, alpha=0.3)),
}


def dna(data: Path, folder: Path, seed: int, count: int = 320) -> dict[str, Any]:
    """A row for each method, and what they were made with."""
    train, test = load_sequences(data, "train"), load_sequences(data, "test")
    panel = train_panel(ORACLES, train, seed=seed, run_directory=folder / "oracles", fingerprint=str(seed))
    oracles = {name: member.trained.oracle for name, member in panel.items()}
    pretrained = train_generator(MODEL, train, seed=seed, run_directory=folder / "model", fingerprint=str(seed))
    model, first = pretrained.generator, oracles["first"]
    masked = train_member("masked", ORACLES, train, seed=seed, run_directory=folder / "oracles", fingerprint=str(seed))
    noise = Generator().manual_seed(seed)
    likelihood = model.log_likelihood(test, draws=16, generator=noise)
    judge = Judge(
        train,
        test,
        count=count,
        seed=seed,
        scoring=Scoring(named=(SPI1,)),
        rewards=oracles,
        log_likelihoods=likelihood,
    )
    best = _best(train, oracles["second"])

    def row(made: Any, facts: dict[str, Any], steps: int = 32, steering: SteeringConfig = PLAIN) -> dict[str, Any]:
        sampling = SequenceSamplingConfig(count=count, steps=steps, steering=steering)
        drawn = sample_sequences(
            made, sampling, masked.trained.oracle if steering.method == "classifier" else first, seed=seed
        )
        sequences = drawn.generated.sequences
        scores = judge.score(sequences, model.log_likelihood(sequences, draws=16, generator=noise))
        words = np.corrcoef(*(kmer_frequencies(each.tokens, "ACGT", 3) for each in (best, sequences)))[0, 1]
        cost = {"calls": drawn.generated.nfe, "cpu_s_each": drawn.seconds_per_sequence}
        return {**facts, **cost, "kmer_pearson_to_best": float(words), "scores": scores}

    rows = {name: row(model, {}, *way) for name, way in STEERED.items()}
    for name, config in TUNED.items():
        tuned = finetune(
            model,
            config,
            first,
            judges={each: oracles[each] for each in JUDGES},
            real=train,
            seed=seed,
            run_directory=folder / name.replace(" ", "_"),
            fingerprint=str(seed),
        )
        took = {"steps": tuned.report.steps, "cpu_s": tuned.report.cpu_seconds, "alarm": tuned.alarm, "alpha": tuned.alpha}
        rows[name] = row(tuned.generator, took | {"divergence": tuned.divergence, "soft_hard_gap": tuned.gap})
    bound = test.take(np.flatnonzero(test.labels["pu1"] == 1))
    return {
        "seed": seed,
        "nll": float(-likelihood.mean() / test.length),
        "pretraining_cpu_s": pretrained.report.cpu_seconds,
        "oracles": {
            name: member.quality | {"cpu_s": member.trained.cpu_seconds}
            for name, member in (panel | {"masked": masked}).items()
        },
        "real_pu1": {name: _quantiles(oracle, bound) for name, oracle in oracles.items()},
        "alpha_0_alarm": rows["drakes alpha 0"]["alarm"],
        "reward_rises_as_alpha_falls": _rising([_held_out(rows[name]) for name in RISING]),
        "divergence_rises_as_alpha_falls": _rising([rows[name]["divergence"]["value"] for name in RISING]),
        "rows": rows,
    }


def _held_out(row: dict[str, Any]) -> float:
    return float(row["scores"]["rewards"]["second"]["value"])


def _rising(values: list[float]) -> bool:
    return all(a < b for a, b in pairwise(values))


def _best(train: SequenceSet, judge: Any) -> SequenceSet:
    """The hundredth of a sixth of the training set that a judge likes best."""
    some = train.take(np.arange(0, len(train), 6))
    values = reward_of(judge, some, "second")
    return some.take(np.flatnonzero((values > values.quantile(0.99)).numpy()))


def _quantiles(oracle: Any, sequences: SequenceSet) -> dict[str, float]:
    values = reward_of(oracle, sequences, "oracle")
    return {"median": float(values.median()), "p99": float(values.quantile(0.99))}
