"""Hashes against the generator's published first numbers."""

import numpy as np

from sciml.graphs.metrics.hashing import GOLDEN, chained, mixed


def test_mixed_is_splitmix():
    """The first three outputs of SplitMix64 from the seed 0."""
    states = np.array([0, 1, 2], dtype=np.uint64) * GOLDEN
    assert mixed(states).tolist() == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


def test_chained_heeds_order_and_place():
    one, two, three = (np.array([k], dtype=np.uint64) for k in (1, 2, 3))
    hashes = [chained(one, two, three), chained(three, two, one), chained(one, two), chained(two, one), chained(one)]
    assert len({int(value[0]) for value in hashes}) == 5
