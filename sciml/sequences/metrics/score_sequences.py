"""How good one set of generated sequences is."""

from collections.abc import Mapping
from typing import Any

from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.reward import Reward
from sciml.sequences.data.sequence_set import SequenceSet
from sciml.sequences.metrics.judge import Judge, Scoring


def score_sequences(
    generated: SequenceSet,
    training: SequenceSet,
    reference: SequenceSet,
    *,
    seed: int,
    scoring: Scoring | None = None,
    rewards: Mapping[str, Reward] | None = None,
    log_likelihoods: tuple[Float[Tensor, " generated"], Float[Tensor, " reference"]] | None = None,
) -> dict[str, Any]:
    """All scores of one generated set as plain numbers, each with its 95% interval, and the same of real sequences as floor.

    kmer_pearson: correlation with the reference of how often each word of k letters is there.
    diversity: share of positions at which two sequences differ.
    unique, novel: shares of sequences that no earlier one equals, and that are not in training.
    nearest_training: share of positions at which a sequence differs from the nearest of training.
    gc: share of G and C; of DNA only, as are
    motifs: `pearson` and `spearman` correlations with the reference of how often each motif has a site; `density`, sites of
        all motifs a sequence; `named`, sites of single motifs a sequence.
    rewards: medians.
    typical_set: mean `log_likelihood` (nats), its `z` among those of real sequences, `deviation` |z|, and the share `inside`
        their central 95%.
    verdicts: of each reward and of log_likelihood, whether the median lies in the band of the 1st to 99th percentile of
        real sequences, on which side, how far outside in their unit (`excess`) and in `widths` of the band.

    Shares have Wilson's interval, all others are bootstrapped over the generated sequences.

    Args:
        generated: at least 2 sequences, better 640.
        log_likelihoods: of the generated and of the reference sequences.
        training, reference, seed, scoring, rewards: as of `Judge`, which is quicker for several generated sets.

    Raises:
        ValueError, InputError: as of `Judge`.
    """
    own, real = log_likelihoods or (None, None)
    judge = Judge(
        training, reference, count=len(generated), seed=seed, scoring=scoring, rewards=rewards, log_likelihoods=real
    )
    return judge.score(generated, own)
