"""Train one oracle on labelled sequences."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from sciml.config.sequence_oracles import FeatureOracleConfig, OracleConfig, OracleTargetConfig
from sciml.sequences.data.sequence_set import DNA, SequenceSet
from sciml.sequences.motifs import Motif, read_motifs
from sciml.sequences.oracles.convolutional import ConvolutionalOracle
from sciml.sequences.oracles.examples import Examples, labelled, with_shuffles
from sciml.sequences.oracles.feature_oracle import FeatureOracle, features_of
from sciml.sequences.oracles.features import telling_motifs
from sciml.sequences.oracles.linear import LinearProblem, best_penalty
from sciml.sequences.oracles.objective import OracleObjective
from sciml.sequences.oracles.oracle import Oracle
from sciml.training.batches import hash_seed
from sciml.training.fit import fit

SCREENED = 2000  # sequences on which motifs are chosen


@dataclass(frozen=True)
class TrainedOracle:
    """A fitted oracle, on the processor, and what its training took.

    Args:
        steps: of the optimiser; 0 of a linear model.
        run: folder of checkpoints and events; None of a linear model.
    """

    oracle: Oracle
    parameters: int
    cpu_seconds: float
    steps: int
    run: Path | None


def train_oracle(
    config: OracleConfig,
    target: OracleTargetConfig,
    sequences: SequenceSet,
    *,
    seed: int,
    run_directory: Path,
    fingerprint: str,
    time_limit: float | None = None,
    masked: bool = False,
) -> TrainedOracle:
    """Fit an oracle to all sequences whose label was measured.

    Args:
        config: what to train and how.
        target: what to predict.
        sequences: labelled.
        seed: of shuffles, weights and noise.
        run_directory: checkpoints and events of a network lie in a folder of it named by the fingerprint.
        fingerprint: of configuration, data and seed.
        time_limit: wall seconds after which to save and stop; a linear model takes no heed of it.
        masked: whether a network learns from sequences of which a share is masked.

    Raises:
        InputError: labels that are not there or do not fit the task, or fewer examples than a batch.
        Stopped, NonFiniteLoss: see `fit`.
    """
    examples = with_shuffles(labelled(sequences, target), target, len(sequences.alphabet), seed=hash_seed(seed, 3))
    if isinstance(config, FeatureOracleConfig):
        return _train_features(config, target, sequences.alphabet, examples, seed)
    run = run_directory / fingerprint
    torch.manual_seed(hash_seed(seed, 0))
    oracle = ConvolutionalOracle(config, target, sequences.alphabet, masked=masked)
    return _train_network(oracle, examples, seed, run, fingerprint, time_limit)


def _train_network(
    oracle: ConvolutionalOracle, examples: Examples, seed: int, run: Path, fingerprint: str, time_limit: float | None
) -> TrainedOracle:
    values, task = examples.values, oracle.target.task
    if task == "numbers":
        oracle.centre.copy_(values.mean())
        oracle.scale.copy_(values.std(correction=0))
        values = (values - values.mean()) / values.std(correction=0)
    report = fit(
        OracleObjective(oracle.net, task, masked=oracle.masked),
        (examples.tokens, values.float()),
        oracle.config.training,
        seed=seed,
        directory=run,
        fingerprint=fingerprint,
        time_limit=time_limit,
    )
    oracle.to("cpu").eval().requires_grad_(False)
    parameters = sum(parameter.numel() for parameter in oracle.parameters())
    return TrainedOracle(oracle, parameters, report.cpu_seconds, report.steps, run)


def _train_features(
    config: FeatureOracleConfig, target: OracleTargetConfig, alphabet: str, examples: Examples, seed: int
) -> TrainedOracle:
    began, generator = time.process_time(), np.random.default_rng(hash_seed(seed, 4))
    chosen = np.sort(generator.permutation(len(examples.values))[: config.most])
    tokens, values, classes = examples.tokens[chosen], examples.values[chosen].numpy(), target.task == "classes"
    motifs: tuple[Motif, ...] = ()
    if alphabet == DNA and config.motifs:
        rows = np.sort(generator.permutation(len(values))[:SCREENED])
        motifs = telling_motifs(read_motifs(group=config.group), tokens[rows], values[rows], config.motifs)
    features = features_of(config, target, alphabet, motifs, tokens.shape[1])
    numbers, iterations = features(tokens), config.iterations
    penalty = config.penalty or best_penalty(numbers, values, generator, classes=classes, iterations=iterations)
    config = config.model_copy(update={"penalty": penalty})
    problem = LinearProblem(numbers, values, classes=classes)
    weights, bias = problem.coefficients(problem.solve(penalty, iterations))
    oracle = FeatureOracle(config, target, features)
    oracle.weights.copy_(torch.from_numpy(weights))
    oracle.bias.fill_(bias)
    return TrainedOracle(oracle.eval(), len(weights) + 1, time.process_time() - began, 0, None)
