"""Planted motifs: their letters against the matrices, their places against the law, all of it by enumeration where short."""

import itertools

import numpy as np
import pytest
from scipy.stats import chisquare

from sciml.io.errors import InputError
from sciml.sequences.data.markov_chain import MarkovChain
from sciml.sequences.data.planting import Arrangement, plant
from sciml.sequences.motifs import Motif, find_motif, read_motifs


def motif_of(seed, width):
    return Motif(f"TEST{seed}.1", "test", np.random.default_rng(seed).integers(1, 30, size=(4, width)).astype(np.float64))


def blank(count, length):
    return np.full((count, length), 9, dtype=np.uint8)


@pytest.mark.parametrize("identity", ["MA0080.7", "MA0139.2"])
def test_letters_follow_the_matrix_on_both_strands(identity):
    motif = find_motif(read_motifs(), identity)
    tokens = blank(20_000, motif.width)
    sites = plant(tokens, Arrangement((motif,)), 0.42, np.random.default_rng(0))
    assert abs(sites.reverse.mean() - 0.5) < 0.012 and (sites.start == 0).all()
    read = np.where(sites.reverse, 3 - tokens[:, ::-1], tokens)  # as on the motif's own strand
    p = motif.probabilities(0.42)
    for place in range(motif.width):
        assert chisquare(np.bincount(read[:, place], minlength=4), p[:, place] * len(read)).pvalue > 1e-4


def test_places_gaps_and_orders_are_as_likely():
    first, second = motif_of(0, 5), motif_of(1, 3)
    tokens = blank(30_000, 20)
    sites = plant(tokens, Arrangement((first, second), (2, 5)), 0.5, np.random.default_rng(1))
    turned = sites.start[:, 1] < sites.start[:, 0]
    gap = np.where(turned, sites.start[:, 0] - sites.start[:, 1] - 3, sites.start[:, 1] - sites.start[:, 0] - 5)
    ways = np.bincount(turned * 4 + gap - 2, minlength=8)
    assert chisquare(ways).pvalue > 1e-3 and gap.min() == 2 and gap.max() == 5
    for wide in range(2, 6):
        start = sites.start.min(1)[gap == wide]
        assert chisquare(np.bincount(start, minlength=20 - 8 - wide + 1)).pvalue > 1e-3
    covered = np.zeros(tokens.shape, dtype=bool)
    for k, width in enumerate((5, 3)):
        np.put_along_axis(covered, sites.start[:, k, None] + np.arange(width), True, axis=1)
    np.testing.assert_array_equal(tokens < 4, covered)  # nothing else is touched


def test_three_motifs_in_order_or_turned():
    arrangement = Arrangement(tuple(motif_of(k, 2 + k) for k in range(3)), (0, 2))
    sites = plant(blank(500, 15), arrangement, 0.5, np.random.default_rng(2))
    rising = (np.diff(sites.start, axis=1) > 0).all(1)
    assert 0.4 < rising.mean() < 0.6 and ((np.diff(sites.start, axis=1) < 0).all(1) ^ rising).all()
    assert arrangement.longest == 2 + 3 + 4 + 4


def test_the_law_of_whole_sequences():
    """p(x) = sum over ways of lying of prod p_m(x in the site) prod b(x elsewhere), by enumeration of all 4^6 sequences."""
    motifs, gc, length = (motif_of(3, 2), motif_of(4, 3)), 0.4, 6
    background = np.array([0.3, 0.2, 0.2, 0.3])
    words = np.array(list(itertools.product(range(4), repeat=length)))
    law, ways = np.zeros(len(words)), 0
    for order, gap in itertools.product(((0, 1), (1, 0)), (0, 1)):
        left, right = (motifs[k] for k in order)
        fitting = length - left.width - gap - right.width + 1
        for start in range(fitting):
            for strands in itertools.product((False, True), repeat=2):
                p = np.tile(background[:, None], (1, length))
                at = start
                for motif, reverse in zip((left, right), strands, strict=True):
                    letters = motif.probabilities(gc)
                    p[:, at : at + motif.width] = letters[::-1, ::-1] if reverse else letters
                    at += motif.width + gap
                law += p[words, np.arange(length)].prod(1) / fitting
                ways += 1 / fitting
    tokens = MarkovChain(background[None]).sample(200_000, length, np.random.default_rng(3))
    plant(tokens, Arrangement(motifs, (0, 1)), gc, np.random.default_rng(4))
    counts = np.bincount(tokens @ 4 ** np.arange(length)[::-1], minlength=len(words))
    assert chisquare(counts, law / ways * len(tokens)).pvalue > 1e-3


def test_too_short_sequences_are_told():
    with pytest.raises(InputError, match=r"`length` must be at least 10 to hold TEST0.1, TEST1.1, got 9"):
        plant(blank(2, 9), Arrangement((motif_of(0, 5), motif_of(1, 3)), (0, 2)), 0.5, np.random.default_rng(0))
