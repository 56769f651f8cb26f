"""Halves share no chromosome, or no sequence where chromosomes are not known."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sciml.io.errors import InputError
from sciml.sequences.data.sequence_set import DNA, SequenceSet
from sciml.sequences.oracles.halves import halves


def _set(chromosomes: str) -> SequenceSet:
    tokens = torch.arange(len(chromosomes))[:, None] // 4 ** torch.arange(4) % 4
    return SequenceSet(tokens.to(torch.uint8), DNA, chromosomes=tuple(chromosomes))


def test_halves_are_about_as_large():
    """Of 5, 4, 3, 2 and 1: 5 + 2 + 1 and 4 + 3."""
    sequences = _set("ccccceeeeaaabbd")
    first, second = halves(sequences, seed=0)
    assert {sequences.chromosomes[k] for k in first} == set("cbd") and {sequences.chromosomes[k] for k in second} == set(
        "ea"
    )
    assert sorted([*first, *second]) == list(range(15))


def test_chromosomes_may_be_named():
    first, second = halves(_set("aabbc"), ("a", "c"), seed=0)
    assert first.tolist() == [0, 1, 4] and second.tolist() == [2, 3]


def test_unknown_chromosomes_are_drawn_and_copies_stay_together():
    tokens = _set("a" * 40).tokens
    sequences = SequenceSet(torch.cat([tokens, tokens]), DNA)
    first, second = halves(sequences, seed=1)
    assert len(first) == len(second) == 40 and set(first % 40) == set(first[:20]) and not set(first % 40) & set(second % 40)
    again, other = halves(sequences, seed=1)[0], halves(sequences, seed=2)[0]
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_bad_halves_are_refused():
    with pytest.raises(InputError, match="`first_half` names 'x', but the chromosomes are a, b"):
        halves(_set("aabb"), ("x",), seed=0)
    with pytest.raises(InputError, match="each half must have a sequence, but the first has 4 of 4"):
        halves(_set("aaaa"), seed=0)
    with pytest.raises(InputError, match="`first_half` names chromosomes a, but those of the sequences are not known"):
        halves(replace(_set("ab"), chromosomes=None), ("a",), seed=0)
