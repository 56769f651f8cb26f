"""Motifs planted into sequences: letters drawn from the columns of their matrices take the place of others."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from sciml.io.errors import InputError
from sciml.sequences.motifs import Motif


@dataclass(frozen=True, eq=False)
class Arrangement:
    """Motifs side by side, in this order or the other, each on either strand.

    Args:
        motifs: from left to right, or from right to left.
        gap: fewest and most letters between one and the next, all numbers as likely.
    """

    motifs: tuple[Motif, ...]
    gap: tuple[int, int] = (0, 0)

    @property
    def longest(self) -> int:
        """Most letters from its first to its last."""
        return sum(motif.width for motif in self.motifs) + max(len(self.motifs) - 1, 0) * self.gap[1]


@dataclass(frozen=True)
class Sites:
    """Where the motifs of an arrangement are.

    Args:
        start: index of the first letter of each.
        reverse: whether it is on the other strand.
    """

    start: Int64[np.ndarray, "sequence motif"]
    reverse: Bool[np.ndarray, "sequence motif"]


def plant(
    tokens: UInt8[np.ndarray, "sequence position"], arrangement: Arrangement, gc: float, generator: np.random.Generator
) -> Sites:
    """Plants one instance into each sequence, in place; all places in which it fits are as likely.

    Args:
        tokens: indices into ACGT, overwritten.
        arrangement: at least one motif.
        gc: share of G and C that `Motif.probabilities` mixes in.

    Raises:
        InputError: the arrangement does not fit.
    """
    count, length = tokens.shape
    if arrangement.longest > length:
        names = ", ".join(motif.identity for motif in arrangement.motifs)
        raise InputError(f"`length` must be at least {arrangement.longest} to hold {names}, got {length}")
    start = _starts(count, length, arrangement, generator)
    reverse = generator.random(start.shape) < 0.5
    rows = np.arange(count)[:, None]
    for k, motif in enumerate(arrangement.motifs):
        letters = _instances(motif.probabilities(gc), count, generator)
        letters = np.where(reverse[:, k, None], 3 - letters[:, ::-1], letters)  # A and T, C and G pair
        tokens[rows, start[:, k, None] + np.arange(motif.width)] = letters
    return Sites(start, reverse)


def _starts(
    count: int, length: int, arrangement: Arrangement, generator: np.random.Generator
) -> Int64[np.ndarray, "count motif"]:
    widths = np.array([motif.width for motif in arrangement.motifs])
    turned = generator.random(count)[:, None] < 0.5
    width = np.where(turned, widths[::-1], widths)
    gaps = generator.integers(*arrangement.gap, size=(count, len(widths) - 1), endpoint=True)
    offset = np.concatenate([np.zeros((count, 1), dtype=np.int64), np.cumsum(width[:, :-1] + gaps, axis=1)], axis=1)
    first = generator.integers(length - (offset + width)[:, -1] + 1)
    start = first[:, None] + offset
    return np.where(turned, start[:, ::-1], start)


def _instances(
    probabilities: Float64[np.ndarray, "4 width"], count: int, generator: np.random.Generator
) -> UInt8[np.ndarray, "count width"]:
    edges = np.cumsum(probabilities, axis=0)[:-1]
    return (edges <= generator.random((count, 1, probabilities.shape[1]))).sum(1).astype(np.uint8)
