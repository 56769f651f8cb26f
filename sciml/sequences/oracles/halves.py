"""Two halves of a training set that share no chromosome: what is learned on one can be judged on the other."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from sciml.io.errors import InputError
from sciml.sequences.data.sequence_set import SequenceSet
from sciml.sequences.data.split import identical


def halves(
    sequences: SequenceSet, first: Sequence[str] = (), *, seed: int
) -> tuple[Int64[np.ndarray, " one"], Int64[np.ndarray, " other"]]:
    """Rows of the first and of the second half, ascending.

    Args:
        sequences: to be halved. Where chromosomes are not known they are drawn at random, equal sequences together.
        first: chromosomes of the first half; by default the largest one left goes to the smaller half, until none is left.
        seed: of the random halves.

    Raises:
        InputError: a half is empty, or `first` names chromosomes that are not there.
    """
    if sequences.chromosomes is None:
        if first:
            raise InputError(f"`first_half` names chromosomes {', '.join(first)}, but those of the sequences are not known")
        groups = identical(sequences.tokens)
        inside = np.random.default_rng(seed).permutation(groups.max() + 1)[groups] <= groups.max() // 2
    else:
        known = Counter(sequences.chromosomes)
        if unknown := [name for name in first if name not in known]:
            raise InputError(f"`first_half` names {unknown[0]!r}, but the chromosomes are {', '.join(sorted(known))}")
        inside = np.isin(sequences.chromosomes, list(first or _balanced(known)))
    if inside.all() or not inside.any():
        raise InputError(f"each half must have a sequence, but the first has {inside.sum()} of {len(sequences)}")
    return np.flatnonzero(inside), np.flatnonzero(~inside)


def _balanced(counts: Counter[str]) -> list[str]:
    sizes, members = [0, 0], []
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        smaller = int(sizes[1] < sizes[0])
        sizes[smaller] += count
        if smaller == 0:
            members.append(name)
    return members
