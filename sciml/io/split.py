"""Training, validation and test parts: how many, and which."""

from collections.abc import Sequence

import numpy as np

from sciml.io.errors import InputError

SPLITS = ("train", "validation", "test")
UNUSED = -1
ATTRIBUTES = {"flag_values": [0, 1, 2], "flag_meanings": " ".join(SPLITS)}


def sizes(total: int, parts: Sequence[int | float]) -> tuple[int, int, int]:
    """Sizes of the three parts.

    Args:
        total: Frames or trajectories there are.
        parts: Three counts (integers; what is left over stays unused) or three fractions that add up to 1. If any
            is not an integer, all are fractions.

    Raises:
        InputError: Not three, negative, counts beyond `total`, or fractions that do not add up to 1.
    """
    if len(parts) != 3 or not all(part >= 0 for part in parts):
        raise InputError(f"`split` must be three counts or fractions of at least 0, got {list(parts)}")
    if all(isinstance(part, int) for part in parts):
        train, validation, test = (int(part) for part in parts)
        if not 0 < train + validation + test <= total:
            raise InputError(f"`split` counts {list(parts)} must add up to 1 .. {total}, which is all there are")
        return train, validation, test
    if abs(sum(parts) - 1) > 1e-6:
        raise InputError(f"`split` fractions must add up to 1, got {list(parts)} with sum {sum(parts):.6g}")
    ends = [round(total * edge) for edge in np.cumsum(parts)]
    return ends[0], ends[1] - ends[0], total - ends[1]


def labels(total: int, parts: Sequence[int | float], seed: int | None = None) -> np.ndarray:
    """Label of each item: 0 train, 1 validation, 2 test, -1 unused.

    Args:
        seed: Shuffles the items; None keeps them in order (frames of a record: one stretch for each part).
    """
    counts = sizes(total, parts)
    ordered = np.full(total, UNUSED, dtype=np.int8)
    ordered[: sum(counts)] = np.repeat(np.arange(3, dtype=np.int8), counts)
    return ordered if seed is None else np.random.default_rng(seed).permutation(ordered)
