"""What an oracle learns from: sequences with a label, and shuffled ones as negatives."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64, UInt8
from torch import Tensor

from sciml.config.sequence_oracles import OracleTargetConfig
from sciml.io.errors import InputError
from sciml.sequences.data.sequence_set import SequenceSet
from sciml.sequences.oracles.shuffles import shuffled_letters, shuffled_pairs


@dataclass(frozen=True)
class Examples:
    """Sequences and what to predict of them."""

    tokens: UInt8[Tensor, "example position"]
    values: Float64[Tensor, " example"]


def labelled(sequences: SequenceSet, target: OracleTargetConfig) -> Examples:
    """The sequences of which the label was measured.

    Raises:
        InputError: no such label, fewer than 2 were measured, classes other than 0 and 1, one class only, or equal numbers.
    """
    if target.label not in sequences.labels:
        known = ", ".join(sorted(sequences.labels)) or "none"
        raise InputError(f"the sequences have no label {target.label!r}; their labels: {known}")
    values = sequences.labels[target.label]
    rows = np.flatnonzero(~np.isnan(values))
    found = values[rows]
    if target.task == "classes" and (wrong := sorted(set(found) - {0.0, 1.0})):
        raise InputError(f"label {target.label!r}: classes are 0 and 1, got {wrong[0]:g}; for numbers, set `task`")
    if len(set(found)) < 2:
        what = "both classes" if target.task == "classes" else "two different numbers"
        raise InputError(f"label {target.label!r}: {what} must be among {len(found)} measured sequences")
    return Examples(sequences.tokens[rows], torch.from_numpy(found.astype(np.float64)))


def with_shuffles(examples: Examples, target: OracleTargetConfig, letters: int, *, seed: int) -> Examples:
    """The examples and, for classes, shuffled ones as further examples of class 0; none for numbers.

    Args:
        examples: labelled sequences.
        target: how many and how.
        letters: size of the alphabet.
        seed: of which sequences are shuffled, and of the shuffles.
    """
    if target.task == "numbers" or target.shuffles == "none":
        return examples
    generator = np.random.default_rng(seed)
    count, wanted = len(examples.tokens), round(target.shuffled * len(examples.tokens))
    rows = np.concatenate([generator.permutation(count) for _ in range(-(-wanted // count))] or [np.empty(0, np.int64)])
    negatives = shuffled(examples.tokens[rows[:wanted]], target, letters, generator)
    values = torch.cat([examples.values, torch.zeros(wanted, dtype=torch.float64)])
    return Examples(torch.cat([examples.tokens, negatives]), values)


def shuffled(
    tokens: UInt8[Tensor, "sequence position"], target: OracleTargetConfig, letters: int, generator: np.random.Generator
) -> UInt8[Tensor, "sequence position"]:
    """Each sequence shuffled as the target says."""
    rows = tokens.numpy()
    if target.shuffles == "letters":
        return torch.from_numpy(shuffled_letters(rows, generator))
    return torch.from_numpy(shuffled_pairs(rows, letters, generator))
