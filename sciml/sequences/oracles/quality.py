"""How well an oracle predicts sequences that it did not learn from."""

from typing import Any

import numpy as np

from sciml.config.sequence_oracles import OracleTargetConfig
from sciml.denoisers.reward import Reward
from sciml.sequences.data.sequence_set import SequenceSet
from sciml.sequences.metrics.auc import auc, auc_interval
from sciml.sequences.metrics.correlations import pearson, spearman, spearman_interval
from sciml.sequences.oracles.examples import Examples, labelled, shuffled
from sciml.sequences.oracles.reward import reward_of
from sciml.training.batches import hash_seed


def oracle_quality(
    oracle: Reward, target: OracleTargetConfig, sequences: SequenceSet, *, seed: int, most: int = 8000
) -> dict[str, Any]:
    """Scores with 95% intervals, as plain numbers.

    Of classes: `auc`, sequences of class 1 against those of class 0, and `auc_shuffles`, against their own shuffles. Of
    numbers: `spearman`, and `pearson` without interval.

    Args:
        oracle: any callable on one-hot letters.
        target: what it predicts.
        sequences: that it has not seen.
        seed: of the shuffles and the choice.
        most: sequences at most, chosen at random if more are labelled.

    Raises:
        InputError: see `labelled`; or the oracle gives no finite numbers.
    """
    generator = np.random.default_rng(hash_seed(seed, 5))
    examples = labelled(sequences, target)
    rows = np.sort(generator.permutation(len(examples.tokens))[:most])
    examples = Examples(examples.tokens[rows], examples.values[rows])
    values = examples.values.numpy()
    said = reward_of(oracle, SequenceSet(examples.tokens, sequences.alphabet)).numpy()
    if target.task == "numbers":
        return _of_numbers(said, values)
    positive, negative = said[values == 1], said[values == 0]
    result = {"auc": _area(positive, negative), "positives": len(positive), "negatives": len(negative)}
    if target.shuffles != "none":
        others = shuffled(examples.tokens[values == 1], target, len(sequences.alphabet), generator)
        of_shuffles = reward_of(oracle, SequenceSet(others, sequences.alphabet)).numpy()
        result["auc_shuffles"] = _area(positive, of_shuffles)
    return result


def _area(positive: np.ndarray, negative: np.ndarray) -> dict[str, Any]:
    return {"value": auc(positive, negative), "interval": list(auc_interval(positive, negative))}


def _of_numbers(said: np.ndarray, values: np.ndarray) -> dict[str, Any]:
    """None where all predictions are equal."""
    rank, linear = (float(of(said[None], values)[0]) for of in (spearman, pearson))
    defined = np.isfinite(rank)
    return {
        "spearman": {
            "value": rank if defined else None,
            "interval": list(spearman_interval(rank, len(values))) if defined else None,
        },
        "pearson": {"value": linear if defined else None},
        "sequences": len(values),
    }
