"""Words counted one by one."""

from itertools import product

import numpy as np
import pytest
import torch

from sciml.sequences.data.sequence_set import DNA, PROTEIN, SequenceSet
from sciml.sequences.metrics.kmers import kmer_codes, kmer_counts, kmer_frequencies


@pytest.mark.parametrize(("alphabet", "k"), [(DNA, 1), (DNA, 3), (DNA, 6), (PROTEIN, 2)])
def test_counts_are_those_of_text(alphabet: str, k: int):
    tokens = torch.randint(len(alphabet), (7, 30), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    tokens[0] = 0  # a word that overlaps itself
    texts = SequenceSet(tokens, alphabet).letters()
    words = ["".join(word) for word in product(alphabet, repeat=k)]
    expected = np.array([[sum(t[j : j + k] == w for j in range(31 - k)) for w in words] for t in texts])
    np.testing.assert_array_equal(kmer_counts(tokens, alphabet, k).toarray(), expected)
    np.testing.assert_allclose(kmer_frequencies(tokens, alphabet, k), expected.sum(0) / expected.sum(), atol=1e-15)


def test_codes_are_numbers_to_the_base_of_the_alphabet():
    assert kmer_codes(torch.tensor([[0, 1, 2, 3]]), DNA, 2).tolist() == [[1, 6, 11]]


@pytest.mark.parametrize("k", [0, 6, 13])
def test_bad_lengths_are_refused(k: int):
    tokens = torch.zeros(2, 5 if k < 13 else 20, dtype=torch.uint8)
    with pytest.raises(ValueError, match=rf"`k` must lie in \[1, \d+\] with at most 16777216 words, got {k} of 4 letters"):
        kmer_codes(tokens, DNA, k)
