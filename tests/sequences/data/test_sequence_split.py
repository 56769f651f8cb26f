"""Splits by shares and by chromosome: against loops over all pairs."""

import numpy as np
import pytest
import torch

from sciml.io.errors import InputError
from sciml.io.split import sizes
from sciml.sequences.data.split import identical, parts_by_chromosome, parts_by_shares, straddling


@pytest.fixture
def tokens():
    """300 sequences of three letters: many are equal."""
    return torch.from_numpy(np.random.default_rng(0).integers(4, size=(300, 3)).astype(np.uint8))


def test_equal_sequences_have_one_number(tokens):
    groups = identical(tokens)
    equal = (tokens[:, None] == tokens[None]).all(-1).numpy()
    np.testing.assert_array_equal(groups[:, None] == groups[None], equal)
    assert sorted(set(groups)) == list(range(len(np.unique(tokens, axis=0))))


@pytest.mark.parametrize("shares", [(0.8, 0.1, 0.1), (0.5, 0.5, 0.0), (100, 20, 30), (1.0, 0.0, 0.0)])
def test_single_sequences_are_split_exactly(shares):
    parts = parts_by_shares(np.arange(301), shares, seed=1)
    assert [int((parts == k).sum()) for k in range(3)] == list(sizes(301, shares))
    assert not np.array_equal(parts, parts_by_shares(np.arange(301), shares, seed=2)) or shares[0] == 1.0


def test_groups_stay_whole_and_shares_are_met_to_within_one(tokens):
    groups = identical(tokens)
    largest = np.bincount(groups).max()
    for seed in range(20):
        parts = parts_by_shares(groups, (0.6, 0.2, 0.2), seed)
        assert all(len(set(parts[groups == group])) == 1 for group in set(groups))
        ends = np.cumsum([(parts == k).sum() for k in range(3)])
        assert (np.abs(ends - [180, 240, 300]) < largest).all()
        np.testing.assert_array_equal(parts, parts_by_shares(groups, (0.6, 0.2, 0.2), seed))


def test_counts_leave_the_rest_unused(tokens):
    parts = parts_by_shares(np.arange(300), (10, 5, 5), 0)
    assert np.bincount(parts + 1).tolist() == [280, 10, 5, 5]
    with pytest.raises(InputError, match="which is all there are"):
        parts_by_shares(np.arange(10), (10, 5, 5), 0)


def test_chromosomes():
    chromosomes = ("chr1", "chrX", "chr2", "chr8", "chrX")
    parts = parts_by_chromosome(chromosomes, {"validation": ("chr8",), "test": ("chrX",)}, "mine.fa")
    assert parts.tolist() == [0, 2, 0, 1, 2] and parts.dtype == np.int8
    with pytest.raises(InputError, match=r"mine.fa: `split.test` has 'chrY', but there are chr1, chr2, chr8, chrX$"):
        parts_by_chromosome(chromosomes, {"validation": (), "test": ("chrY",)}, "mine.fa")
    with pytest.raises(InputError, match=r"mine.fa: a split by chromosome needs to know them \(`chromosomes`\)"):
        parts_by_chromosome(None, {"test": ("chrY",)}, "mine.fa")


def test_straddling_equals_a_loop_over_pairs(tokens):
    groups = identical(tokens)
    parts = np.random.default_rng(1).integers(-1, 3, size=300).astype(np.int8)
    faulty, pair = straddling(groups, parts)
    expected = [
        bool(parts[i] >= 0 and any(groups[i] == groups[j] and parts[j] > parts[i] for j in range(300))) for i in range(300)
    ]
    assert faulty.tolist() == expected
    one, other = pair
    assert one == expected.index(True) and groups[one] == groups[other] and parts[other] > parts[one]
    assert straddling(groups, np.where(faulty, np.int8(-1), parts))[1] is None
    assert straddling(np.arange(300), parts)[1] is None
