"""Numbers of a sequence that a linear model can read: words, motifs and, where they mean something, positions.

log(1 + count) of each word of k letters, a word and its reverse complement being one where strands are alike;
best score in bits of each motif over both strands;  1 for the letter at each position.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64, UInt8
from scipy.sparse import csr_array, hstack
from torch import Tensor

from sciml.io.errors import InputError
from sciml.numerics.ranks import midranks
from sciml.sequences.metrics.kmers import MOST_WORDS, kmer_counts
from sciml.sequences.metrics.motif_scan import MotifScanner
from sciml.sequences.motifs import Motif


class SequenceFeatures:
    """Features of sequences of one length.

    Args:
        alphabet: the letters.
        kmers: letters of the words.
        motifs: of DNA.
        length: of the sequences, to use positions; None not to.
        complement: letter that pairs with each, if strands are alike; None if not.

    Raises:
        InputError: too many words, or no features at all.
    """

    def __init__(
        self,
        alphabet: str,
        kmers: Sequence[int],
        motifs: Sequence[Motif] = (),
        *,
        length: int | None = None,
        complement: Sequence[int] | None = None,
    ) -> None:
        self.alphabet, self.kmers, self.motifs, self.length = alphabet, tuple(kmers), tuple(motifs), length
        # Beyond so many letters there are too many words of any alphabet, and their number takes long to compute.
        if sum(len(alphabet) ** min(k, MOST_WORDS.bit_length()) for k in self.kmers) > MOST_WORDS:
            raise InputError(f"`kmers` {list(self.kmers)} of {len(alphabet)} letters must make at most {MOST_WORDS} words")
        self._scanner = MotifScanner(motifs) if motifs else None
        self._merges = [_merge(len(alphabet), k, complement) for k in self.kmers]
        features = sum(merge.shape[1] for merge in self._merges)
        self.count = features + len(self.motifs) + (0 if length is None else length * len(alphabet))
        if not self.count:
            raise InputError("features: there are none; set `kmers`, `positions` or, of DNA, `motifs`")

    def __call__(self, tokens: UInt8[Tensor, "sequence position"]) -> csr_array:
        """Shape (sequence, count), float64.

        Raises:
            InputError: words longer than the sequences.
        """
        if max(self.kmers, default=0) > tokens.shape[1]:
            raise InputError(
                f"`kmers` must be at most {tokens.shape[1]} in sequences of so many letters, got {max(self.kmers)}"
            )
        parts = []
        for k, merge in zip(self.kmers, self._merges, strict=True):
            counts = csr_array(kmer_counts(tokens, self.alphabet, k) @ merge)
            counts.data = np.log1p(counts.data)
            parts.append(counts)
        if self._scanner is not None:
            parts.append(csr_array(self._scanner.best_scores(tokens).double().numpy()))
        if self.length is not None:
            parts.append(letter_indicators(tokens, len(self.alphabet)))
        return csr_array(hstack(parts, format="csr"))


def letter_indicators(tokens: UInt8[Tensor, "sequence position"], letters: int) -> csr_array:
    """1 for the letter at each position."""
    count, length = tokens.shape
    columns = (tokens.numpy().astype(np.int64) + letters * np.arange(length)).ravel()
    rows = np.arange(0, count * length + 1, length)
    return csr_array((np.ones(count * length), columns, rows), shape=(count, length * letters))


def telling_motifs(
    motifs: Sequence[Motif], tokens: UInt8[Tensor, "sequence position"], values: Float64[np.ndarray, " sequence"], most: int
) -> tuple[Motif, ...]:
    """The motifs whose best scores have the largest rank correlation with the values, in either direction."""
    scores = MotifScanner(motifs).best_scores(tokens).double().numpy()
    ranks, wanted = midranks(scores, axis=0), midranks(values)
    ranks, wanted = ranks - ranks.mean(0), wanted - wanted.mean()
    spread = np.sqrt((ranks**2).sum(0) * (wanted**2).sum())
    strength = np.abs(np.divide(wanted @ ranks, spread, out=np.zeros(len(motifs)), where=spread > 0))
    return tuple(motifs[k] for k in np.sort(np.argsort(-strength, kind="stable")[:most]))


def _merge(letters: int, k: int, complement: Sequence[int] | None) -> csr_array:
    """Matrix (word, feature) of ones: which words are one feature."""
    words = np.arange(letters**k)
    feature = words
    if complement is not None:
        feature = np.unique(np.minimum(words, _other_strand(words, letters, k, complement)), return_inverse=True)[1]
    return csr_array((np.ones(len(words)), (words, feature)), shape=(len(words), int(feature.max()) + 1))


def _other_strand(
    words: Int64[np.ndarray, " word"], letters: int, k: int, complement: Sequence[int]
) -> Int64[np.ndarray, " word"]:
    pairs, result = np.array(complement), np.zeros_like(words)
    for _ in range(k):
        words, last = np.divmod(words, letters)
        result = result * letters + pairs[last]
    return result
