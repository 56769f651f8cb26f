"""Hashes of 64 bits that are the same in every process and on every machine."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Hashes: TypeAlias = NDArray[np.uint64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mixed(values: Hashes) -> Hashes:
    """A one-to-one scramble of 64-bit integers.

    Reference: Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators, doi:10.1145/2660193.2660195.
    """
    z = values + GOLDEN
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def chained(first: Hashes, *others: Hashes) -> Hashes:
    """The hash of a sequence, in its order."""
    result = mixed(first)
    for other in others:
        result = mixed(result * np.uint64(3) + other)
    return result
