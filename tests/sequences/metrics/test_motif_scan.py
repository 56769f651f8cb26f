"""Scans against Biopython, and against all words."""

import time
from itertools import product

import numpy as np
import pytest
import torch
from Bio.motifs import jaspar
from Bio.Seq import Seq

from sciml.sequences.data.sequence_set import DNA, SequenceSet
from sciml.sequences.metrics.motif_scan import MotifScanner, whole_scores
from sciml.sequences.metrics.score_distribution import score_distribution
from sciml.sequences.motifs import Motif, background, find_motif, read_motifs

NAMES = ("MA0080.7", "MA0139.2", "MA0004.1", "MA1596.1", "MA0002.3")


@pytest.fixture(scope="module")
def sequences() -> SequenceSet:
    generator = torch.Generator().manual_seed(0)
    return SequenceSet(torch.randint(4, (30, 60), generator=generator).to(torch.uint8), DNA)


@pytest.fixture(scope="module")
def motifs() -> list[Motif]:
    return [find_motif(read_motifs(), name) for name in NAMES]


def _biopython(motif: Motif, sequences: SequenceSet, gc: float) -> np.ndarray:
    """Scores in bits of both strands, shape (strand, sequence, place)."""
    other = jaspar.Motif(motif.identity, motif.name, counts=dict(zip(DNA, motif.counts.tolist(), strict=True)))
    other.background = dict(zip(DNA, background(gc).tolist(), strict=True))
    other.pseudocounts = jaspar.calculate_pseudocounts(other)
    strands = other.pssm, other.pssm.reverse_complement()
    return np.array([[strand.calculate(Seq(text)) for text in sequences.letters()] for strand in strands])


@pytest.mark.parametrize("gc", [0.5, 0.4])
def test_best_scores_are_those_of_biopython(sequences, motifs, gc: float):
    best = MotifScanner(motifs, gc=gc).best_scores(sequences.tokens)
    for k, motif in enumerate(motifs):
        expected = _biopython(motif, sequences, gc).max((0, 2))
        np.testing.assert_allclose(best[:, k], expected, atol=0.005 * motif.width + 1e-4)


def test_sites_are_those_of_biopython(sequences, motifs):
    """But for places whose score is so near the threshold that rounding it to hundredths decides."""
    scanner = MotifScanner(motifs, p_value=1e-2)
    sites = scanner.sites(sequences.tokens)
    assert sites.sum() > 50
    for k, motif in enumerate(motifs):
        scores = _biopython(motif, sequences, 0.5).max(0)
        threshold = float(_threshold(scanner, k)) / 100
        margin = 0.005 * motif.width + 1e-4
        assert ((scores >= threshold + margin).sum(1) <= sites[:, k].numpy()).all()
        assert (sites[:, k].numpy() <= (scores >= threshold - margin).sum(1)).all()


def _threshold(scanner: MotifScanner, index: int) -> float:
    group = next(group for group in scanner._groups if index in group.members)
    return float(group.thresholds[group.members == index])


@pytest.mark.parametrize("width", [1, 3, 4, 6, 8])
def test_sites_over_all_words_are_as_likely_as_told(width: int):
    """Every word of the motif's width, once: a site if it or its reverse complement scores enough."""
    generator = np.random.default_rng(width)
    motif = Motif("X", "x", generator.integers(0, 40, (4, width)).astype(float))
    words = np.array(list(product(range(4), repeat=width)))
    matrix, p_value = whole_scores(motif), 0.3 if width == 1 else 0.06
    own = matrix[words, np.arange(width)].sum(1)
    other = matrix[3 - words[:, ::-1], np.arange(width)].sum(1)
    scanner = MotifScanner([motif], p_value=p_value)
    sites = scanner.sites(torch.from_numpy(words))[:, 0].numpy()
    threshold = _threshold(scanner, 0)
    np.testing.assert_array_equal(sites, np.maximum(own, other) >= threshold)
    lowest, law = score_distribution(matrix, background(0.5))
    assert (own >= threshold).mean() == pytest.approx(law[max(int(threshold) - lowest, 0) :].sum(), abs=1e-12)
    np.testing.assert_allclose(scanner.best_scores(torch.from_numpy(words))[:, 0], np.maximum(own, other) / 100, rtol=1e-6)


def test_a_palindrome_is_one_site_and_strands_are_alike(sequences, motifs):
    palindrome = Motif("P", "p", 100 * np.eye(4))  # ACGT
    assert MotifScanner([palindrome], p_value=0.01).sites(torch.tensor([[0, 1, 2, 3, 0, 1, 2, 3]])).tolist() == [[2]]
    scanner = MotifScanner(motifs, p_value=1e-2)
    other = 3 - sequences.tokens.flip(1)
    assert torch.equal(scanner.sites(sequences.tokens), scanner.sites(other))


def test_short_sequences_and_motifs_have_no_sites(motifs):
    scanner = MotifScanner(motifs)
    lengths = [motif.width for motif in motifs]
    assert scanner.reachable.tolist() == [width > 6 for width in lengths]
    tokens = torch.zeros(2, min(lengths) - 1, dtype=torch.uint8)
    assert not scanner.sites(tokens).any()
    lowest = [motif.log_odds().min(0).sum() for motif in motifs]
    np.testing.assert_allclose(scanner.best_scores(tokens)[0], lowest, atol=0.005 * max(lengths))
    with pytest.raises(ValueError, match="at least one motif"):
        MotifScanner([])


def test_all_vertebrate_motifs_take_little_time():
    """640 sequences of 200 letters take about .4 CPU seconds; a quarter of what another program takes is the bound."""
    tokens = torch.randint(4, (640, 200), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    motifs = read_motifs()
    began = time.process_time()
    scanner = MotifScanner(motifs)
    sites = scanner.sites(tokens)
    assert time.process_time() - began < 2.5
    assert sites.shape == (640, 879) and not sites[:, ~scanner.reachable].any()
