"""Counts of all words of k letters, overlapping ones included.

f_w = (number of places where w starts) / (number of places), over all sequences of a set.
"""

import numpy as np
from jaxtyping import Float64, Int64, Integer
from scipy.sparse import csr_array
from torch import Tensor

MOST_WORDS = 1 << 24


def kmer_codes(tokens: Integer[Tensor, "sequence position"], alphabet: str, k: int) -> Int64[np.ndarray, "sequence place"]:
    """The word that starts at each place, as a number of k digits to the base of the alphabet, first letter first.

    Raises:
        ValueError: `k` is not between 1 and the length of the sequences, or there are above 2^24 words.
    """
    length, base = tokens.shape[1], len(alphabet)
    if not 1 <= k <= length or base**k > MOST_WORDS:
        raise ValueError(f"`k` must lie in [1, {length}] with at most {MOST_WORDS} words, got {k} of {base} letters")
    letters = tokens.cpu().numpy().astype(np.int64)
    codes = np.zeros((len(letters), length - k + 1), dtype=np.int64)
    for j in range(k):
        codes = codes * base + letters[:, j : length - k + 1 + j]
    return codes


def kmer_counts(tokens: Integer[Tensor, "sequence position"], alphabet: str, k: int) -> csr_array:
    """Counts of each word in each sequence, shape (sequence, len(alphabet)^k), float64; `k` as of `kmer_codes`."""
    codes = kmer_codes(tokens, alphabet, k)
    rows = np.arange(0, codes.size + 1, codes.shape[1])
    counts = csr_array((np.ones(codes.size), codes.ravel(), rows), shape=(len(codes), len(alphabet) ** k))
    counts.sum_duplicates()
    return counts


def kmer_frequencies(tokens: Integer[Tensor, "sequence position"], alphabet: str, k: int) -> Float64[np.ndarray, " word"]:
    """f_w of a set, summing to 1; `k` as of `kmer_codes`."""
    codes = kmer_codes(tokens, alphabet, k)
    return np.bincount(codes.ravel(), minlength=len(alphabet) ** k) / codes.size
