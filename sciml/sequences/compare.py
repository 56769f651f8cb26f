"""Quality of generated sequences against network calls, solver by solver."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Generator

from sciml.config.sequence_settings import OWN, LetterSolverName, SequenceComparisonJob, SequenceSamplingConfig
from sciml.io.errors import InputError
from sciml.sequences.data.sequence_set import SequenceSet
from sciml.sequences.data.store import load_sequences
from sciml.sequences.evaluate import FEWEST, check_makes, check_scores
from sciml.sequences.generator import SequenceGenerator
from sciml.sequences.metrics.estimates import sample_mean, with_floors
from sciml.sequences.metrics.judge import Judge, Scoring
from sciml.sequences.sampling import sample_sequences
from sciml.training.batches import hash_seed


def compare_samplers(
    generator: SequenceGenerator, job: SequenceComparisonJob, data: Path, *, seed: int, origin: str = "the model"
) -> list[dict[str, Any]]:
    """A row for each solver and number of calls: who, calls, seconds a sequence, scores that need no reward.

    nll: nats a letter under the model itself, at most, of what it made; as floor, of as many test sequences. Generated
    sequences that are likelier than those are no better: they repeat what the model is sure of.
    scores: those of `score_sequences` but for rewards, and for motifs unless `evaluation` names some.

    Args:
        generator: trained.
        job: solvers, calls, scores.
        data: prepared data set; the test split is the reference.
        seed: of the samples, the noise, the choice of test sequences and the bootstrap.
        origin: what to call the model in an error.

    Raises:
        InputError: test sequences that are too few, too short or of another kind than the model's, or a solver that is not
            for it; as `samplings`.
    """
    config, test = job.comparison, _test_split(generator, data, origin)
    check_scores(job.evaluation, test, data)
    asked = samplings(generator, job, origin)
    order = torch.randperm(len(test), generator=Generator().manual_seed(hash_seed(seed, 14))).numpy()
    judge = Judge(
        load_sequences(data, "train"),
        test.take(np.sort(order[: job.evaluation.most])),
        count=config.count,
        seed=seed,
        scoring=Scoring(named=job.evaluation.motifs) if job.evaluation.motifs else Scoring(motifs=()),
    )
    floor = nats_a_letter(generator, test.take(order[: config.count]), draws=config.draws, seed=seed)
    rows = []
    for sampling in asked:
        sampled = sample_sequences(generator, sampling, seed=seed, origin=origin)
        made = sampled.generated
        rows.append(
            {
                "solver": sampled.label,
                "nfe": made.nfe,
                "count": len(made.sequences),
                "seconds_per_sequence": sampled.seconds_per_sequence,
                "nll": with_floors(nats_a_letter(generator, made.sequences, draws=config.draws, seed=seed), floor),
                "scores": judge.score(made.sequences),
            }
        )
    return rows


def samplings(generator: SequenceGenerator, job: SequenceComparisonJob, origin: str) -> list[SequenceSamplingConfig]:
    """What is sampled: each solver with the most steps that so many calls allow, each number of steps once; of a student
    its own alone.

    Raises:
        InputError: they allow no step of any.
    """
    config = job.comparison
    if generator.student is not None:
        own = {"solver": OWN, "steps": generator.student.steps, "count": config.count}
        return [job.evaluation.sampling.model_copy(update=own)]
    found = [
        job.evaluation.sampling.model_copy(update={"solver": solver, "steps": steps, "count": config.count})
        for solver in dict.fromkeys(config.solvers)
        for each in [calls_a_step(generator, solver, origin)]
        for steps in sorted({calls // each for calls in config.calls} - {0})
    ]
    if not found:
        raise InputError(f"`comparison.calls` {list(config.calls)} allow no step of `solvers` {', '.join(config.solvers)}")
    return found


def calls_a_step(generator: SequenceGenerator, solver: LetterSolverName, origin: str) -> int:
    """Network calls of one step, counted.

    Raises:
        InputError: the solver is not for models of this kind.
    """
    one = SequenceSamplingConfig(count=2, solver=solver, steps=1)
    return sample_sequences(generator, one, seed=0, origin=origin).generated.nfe


def nats_a_letter(model: SequenceGenerator, sequences: SequenceSet, *, draws: int, seed: int) -> dict[str, Any]:
    """The bound of -log p / length with a 95% interval over the sequences.

    Args:
        model: that is asked.
        sequences: at least 2.
        draws: of noise for each.
        seed: of the noise.
    """
    source = Generator(next(model.parameters()).device).manual_seed(hash_seed(seed, 15))
    likelihood = model.log_likelihood(sequences, draws=draws, generator=source)
    return sample_mean(-likelihood.double() / sequences.length)


def _test_split(generator: SequenceGenerator, data: Path, origin: str) -> SequenceSet:
    test = load_sequences(data, "test")
    check_makes(generator, test, origin, data)
    if len(test) < FEWEST:
        raise InputError(f"{data}: the test split must hold at least {FEWEST} sequences, got {len(test)}")
    return test
