"""Which sequences are for training, validation and test, so that no two splits share one.

By shares, sequences of one group stay together; groups are at least the sets of identical sequences. By chromosome, a
sequence goes where its chromosome goes, and identical ones on two chromosomes may come apart: `straddling` finds them.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Int8, Integer
from torch import Tensor

from sciml.io.errors import InputError
from sciml.io.split import SPLITS, UNUSED, labels

Groups = Integer[np.ndarray, " sequence"]
Parts = Int8[np.ndarray, " sequence"]


def identical(tokens: Integer[Tensor, "sequence position"]) -> Groups:
    """Number, from 0, of the group of equal sequences that each is of."""
    return np.unique(tokens.numpy(), axis=0, return_inverse=True)[1].reshape(-1)


def parts_by_shares(groups: Groups, shares: Sequence[int | float], seed: int) -> Parts:
    """Label of each sequence: 0 training, 1 validation, 2 test, -1 unused; groups are shuffled by `seed` and kept whole.

    Args:
        groups: number of the group of each, from 0 without gaps.
        shares: three counts or three fractions of sequences, met to within the size of a group, exactly if all are single.

    Raises:
        InputError: counts beyond what there is, or as `sciml.io.split.labels`.
    """
    size = np.bincount(groups)
    order = np.random.default_rng(seed).permutation(len(size))
    first = np.cumsum(size[order]) - size[order]
    part = np.empty(len(size), dtype=np.int8)
    part[order] = labels(len(groups), shares)[first]
    return part[groups]


def parts_by_chromosome(chromosomes: Sequence[str] | None, held_out: Mapping[str, Sequence[str]], origin: str) -> Parts:
    """Label of each sequence; those of chromosomes that are not held out are for training.

    Args:
        chromosomes: of each sequence.
        held_out: chromosomes of `validation` and `test`.
        origin: what to call the data in an error.

    Raises:
        InputError: chromosomes that are not known, or a name that no sequence has.
    """
    if chromosomes is None:
        raise InputError(f"{origin}: a split by chromosome needs to know them (`chromosomes`), or give three shares")
    known = sorted(set(chromosomes))
    part = dict.fromkeys(known, 0)
    for name, members in held_out.items():
        for member in members:
            if member not in part:
                raise InputError(f"{origin}: `split.{name}` has {member!r}, but there are {', '.join(known)}")
            part[member] = SPLITS.index(name)
    return np.array([part[chromosome] for chromosome in chromosomes], dtype=np.int8)


def straddling(groups: Groups, parts: Parts) -> tuple[Bool[np.ndarray, " sequence"], tuple[int, int] | None]:
    """Sequences of which an equal one is in a later split, test being the last, and the first such pair if there is one."""
    last = np.full(groups.max() + 1, UNUSED, dtype=np.int8)
    np.maximum.at(last, groups, parts)
    faulty = (parts != UNUSED) & (parts < last[groups])
    if not faulty.any():
        return faulty, None
    one = int(faulty.argmax())
    other = int(np.flatnonzero((groups == groups[one]) & (parts == last[groups[one]]))[0])
    return faulty, (one, other)
