"""Features counted on text."""

from itertools import product

import numpy as np
import pytest
import torch

from sciml.io.errors import InputError
from sciml.sequences.data.sequence_set import DNA, PROTEIN, SequenceSet
from sciml.sequences.metrics.motif_scan import MotifScanner
from sciml.sequences.motifs import Motif, read_motifs
from sciml.sequences.oracles.features import SequenceFeatures, telling_motifs

COMPLEMENT = (3, 2, 1, 0)
PAIRS = str.maketrans("ACGT", "TGCA")


@pytest.fixture
def sequences() -> SequenceSet:
    return SequenceSet(torch.randint(4, (8, 20), generator=torch.Generator().manual_seed(0)).to(torch.uint8), DNA)


def _counts(text: str, word: str) -> int:
    return sum(text[j : j + len(word)] == word for j in range(len(text) - len(word) + 1))


def test_words_of_both_strands_are_one_feature(sequences):
    words = ["".join(word) for word in product(DNA, repeat=3)]
    kept = [word for word in words if word <= word.translate(PAIRS)[::-1]]
    features = SequenceFeatures(DNA, (3,), complement=COMPLEMENT)
    expected = [
        [np.log1p(sum(_counts(text, w) for w in {word, word.translate(PAIRS)[::-1]})) for word in kept]
        for text in sequences.letters()
    ]
    assert features.count == len(kept) == 32
    np.testing.assert_allclose(features(sequences.tokens).toarray(), expected, atol=1e-14)
    other = 3 - sequences.tokens.flip(1)
    np.testing.assert_array_equal(features(other).toarray(), features(sequences.tokens).toarray())


def test_words_motifs_and_positions_stand_side_by_side(sequences):
    motifs = read_motifs()[3:6]
    features = SequenceFeatures(DNA, (1, 2), motifs, length=20)
    rows = features(sequences.tokens).toarray()
    assert rows.shape == (8, features.count) == (8, 4 + 16 + 3 + 80)
    expected = [[np.log1p(_counts(text, letter)) for letter in DNA] for text in sequences.letters()]
    np.testing.assert_allclose(rows[:, :4], expected, atol=1e-14)
    np.testing.assert_allclose(rows[:, 20:23], MotifScanner(motifs).best_scores(sequences.tokens), rtol=1e-6)
    np.testing.assert_array_equal(rows[:, 23:].reshape(8, 20, 4), np.eye(4)[sequences.tokens.numpy()])


def test_proteins_have_words():
    tokens = torch.randint(20, (5, 9), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    assert SequenceFeatures(PROTEIN, (1, 2))(tokens).shape == (5, 420)


def test_the_motif_that_tells_most_is_found():
    """Sequences whose value is whether they hold CACGTG, among motifs of other words."""
    motifs = [Motif(word, word, 100 * np.eye(4)[[DNA.index(c) for c in word]].T) for word in ("AAAAAA", "CACGTG", "GGGGGG")]
    tokens = torch.randint(4, (60, 30), generator=torch.Generator().manual_seed(1)).to(torch.uint8)
    tokens[::2, 10:16] = torch.tensor([1, 0, 1, 2, 3, 2], dtype=torch.uint8)
    values = (np.arange(60) % 2 == 0).astype(float)
    assert [motif.name for motif in telling_motifs(motifs, tokens, values, 1)] == ["CACGTG"]
    assert [motif.name for motif in telling_motifs(motifs, tokens, -values, 1)] == ["CACGTG"]
    assert len(telling_motifs(motifs, tokens, values, 9)) == 3


@pytest.mark.parametrize(
    ("alphabet", "kmers", "message"),
    [
        (PROTEIN, (7,), r"`kmers` \[7\] of 20 letters must make at most 16777216 words"),
        (DNA, (30,), r"`kmers` \[30\] of 4 letters must make at most"),
        (DNA, (10**9,), r"`kmers` \[1000000000\] of 4 letters must make at most"),
        (DNA, (12, 1), r"`kmers` \[12, 1\] of 4 letters must make at most"),
        (DNA, (), "features: there are none; set `kmers`, `positions` or, of DNA, `motifs`"),
    ],
)
def test_features_are_neither_too_many_nor_none(alphabet, kmers, message):
    with pytest.raises(InputError, match=message):
        SequenceFeatures(alphabet, kmers)


def test_words_fit_into_the_sequences(sequences):
    features = SequenceFeatures(DNA, (1, 4))
    assert features(sequences.tokens[:, :4]).sum(1) == pytest.approx(features(sequences.tokens[:, :4]).toarray().sum(1))
    with pytest.raises(InputError, match="`kmers` must be at most 3 in sequences of so many letters, got 4"):
        features(sequences.tokens[:, :3])
