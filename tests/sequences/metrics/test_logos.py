"""Letters of sites against a scan in plain Python, against the scanner's number of sites, and on the other strand."""

from collections import Counter

import numpy as np
import pytest
import torch
from Bio.Seq import Seq

from sciml.sequences.data.sequence_set import DNA, SequenceSet
from sciml.sequences.metrics.logos import position_letters, site_letters
from sciml.sequences.metrics.motif_scan import MotifScanner, whole_scores
from sciml.sequences.metrics.score_distribution import score_threshold
from sciml.sequences.motifs import Motif, background, find_motif, read_motifs

PALINDROME = Motif("P", "P", np.array([[9, 0, 0, 0], [0, 9, 0, 0], [0, 0, 9, 0], [0, 0, 0, 9]], dtype=float))


def encode(texts: list[str]) -> torch.Tensor:
    return torch.tensor([[DNA.index(letter) for letter in text] for text in texts], dtype=torch.uint8)


@pytest.fixture(scope="module")
def sequences() -> SequenceSet:
    generator = torch.Generator().manual_seed(0)
    return SequenceSet(torch.randint(4, (200, 60), generator=generator).to(torch.uint8), DNA)


def _plain(motif: Motif, sequences: SequenceSet, p_value: float) -> np.ndarray:
    """Every word of every sequence and its reverse complement, letter by letter."""
    matrix = whole_scores(motif)
    limit = score_threshold(matrix, background(0.5), p_value)
    words: Counter[str] = Counter()
    for text in sequences.letters():
        for start in range(len(text) - motif.width + 1):
            word = text[start : start + motif.width]
            strands = word, str(Seq(word).reverse_complement())
            scores = [sum(matrix[DNA.index(letter), j] for j, letter in enumerate(strand)) for strand in strands]
            if max(scores) >= limit:
                words[strands[int(scores[1] > scores[0])]] += 1
    counts = np.zeros((4, motif.width), dtype=np.int64)
    for word, times in words.items():
        for j, letter in enumerate(word):
            counts[DNA.index(letter), j] += times
    return counts


@pytest.mark.parametrize("name", ["MA0080.7", "MA0004.1", "MA1596.1"])
def test_letters_are_those_of_a_plain_scan(sequences: SequenceSet, name: str) -> None:
    motif = find_motif(read_motifs(), name)
    found = site_letters(motif, sequences.tokens, p_value=1e-2)
    assert found.sum() > 20 * motif.width
    np.testing.assert_array_equal(found, _plain(motif, sequences, 1e-2))


@pytest.mark.parametrize("p_value", [1e-4, 1e-2])
def test_sites_are_as_many_as_the_scanner_finds(sequences: SequenceSet, p_value: float) -> None:
    motifs = read_motifs()[:40]
    sites = MotifScanner(motifs, p_value=p_value).sites(sequences.tokens).sum(0)
    for motif, count in zip(motifs, sites.tolist(), strict=True):
        found = site_letters(motif, sequences.tokens, p_value=p_value)
        np.testing.assert_array_equal(found.sum(0), np.full(motif.width, count))


def test_both_strands_have_the_same_logo(sequences: SequenceSet) -> None:
    motif = find_motif(read_motifs(), "MA0080.7")
    other_strand = 3 - sequences.tokens.flip(1)
    own, other = (site_letters(motif, tokens, p_value=1e-2) for tokens in (sequences.tokens, other_strand))
    assert own.sum() > 0
    np.testing.assert_array_equal(own, other)


def test_a_word_that_is_its_own_reverse_complement_is_one_site() -> None:
    tokens = encode(["TTACGTTT"])
    np.testing.assert_array_equal(site_letters(PALINDROME, tokens, p_value=1e-2), np.eye(4, dtype=np.int64))


def test_sequences_shorter_than_a_motif_have_no_sites() -> None:
    np.testing.assert_array_equal(site_letters(PALINDROME, encode(["ACG"])), np.zeros((4, 4), dtype=np.int64))


def test_letters_of_positions() -> None:
    found = position_letters(encode(["ACG", "AGG", "TGG"]), 4)
    np.testing.assert_array_equal(found, [[2, 0, 0], [0, 1, 0], [0, 2, 3], [1, 0, 0]])
