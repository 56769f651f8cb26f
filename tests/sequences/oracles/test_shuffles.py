"""Shuffles keep what they should, and are uniform over all sequences that do: against enumeration."""

from collections import Counter
from itertools import pairwise, permutations

import numpy as np
import pytest
from scipy.stats import chisquare

from sciml.sequences.oracles.shuffles import shuffled_letters, shuffled_pairs


def _pairs(row) -> Counter:
    return Counter(pairwise(row))


@pytest.mark.parametrize("letters", [4, 20])
def test_pairs_and_ends_are_kept(letters: int):
    generator = np.random.default_rng(0)
    tokens = generator.integers(0, letters, (60, 80)).astype(np.uint8)
    tokens[0], tokens[1, :79] = 2, 1  # one letter only, and one letter but for the end
    result = shuffled_pairs(tokens, letters, generator)
    assert result.dtype == np.uint8
    for before, after in zip(tokens.tolist(), result.tolist(), strict=True):
        assert _pairs(before) == _pairs(after) and before[0] == after[0] and before[-1] == after[-1]
    assert (result[2:] != tokens[2:]).any(1).all()


@pytest.mark.parametrize("text", ["ABACBA", "AABBABA", "ABCABCAC", "ABABCBC"])
def test_shuffles_of_pairs_are_uniform(text: str):
    """Over all distinct orders of the letters with the same pairs and the same first letter."""
    row = np.array([ord(c) - ord("A") for c in text])
    allowed = {order for order in set(permutations(row.tolist())) if order[0] == row[0] and _pairs(order) == _pairs(row)}
    draws = 2000 * len(allowed)
    seen = Counter(map(tuple, shuffled_pairs(np.tile(row, (draws, 1)), 3, np.random.default_rng(1)).tolist()))
    assert len(allowed) > 1 and set(seen) == allowed
    assert chisquare(list(seen.values())).pvalue > 1e-3


def test_shuffles_of_letters_are_uniform():
    row = np.array([0, 0, 1, 2])
    seen = Counter(map(tuple, shuffled_letters(np.tile(row, (12000, 1)), np.random.default_rng(0)).tolist()))
    assert set(seen) == set(permutations(row.tolist())) and chisquare(list(seen.values())).pvalue > 1e-3


def test_two_letters_stay():
    assert shuffled_pairs(np.array([[1, 0]]), 2, np.random.default_rng(0)).tolist() == [[1, 0]]
