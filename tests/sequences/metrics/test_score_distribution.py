"""The law of a motif's score, and thresholds, against all words."""

from itertools import product

import numpy as np
import pytest

from sciml.sequences.metrics.motif_scan import whole_scores
from sciml.sequences.metrics.score_distribution import score_distribution, score_threshold
from sciml.sequences.motifs import background, find_motif, read_motifs


def _all_words(matrix: np.ndarray, letters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Score and probability of every word."""
    words = np.array(list(product(range(len(letters)), repeat=matrix.shape[1])))
    return matrix[words, np.arange(matrix.shape[1])].sum(1), letters[words].prod(1)


@pytest.fixture(params=[("MA0004.1", 0.5), ("MA0080.7", 0.41)], ids=lambda p: p[0])
def motif(request):
    """A motif of 6 or 8 letters as whole numbers, and the background."""
    name, gc = request.param
    found = find_motif(read_motifs(), name)
    found = type(found)(found.identity, found.name, found.counts[:, :8])
    return whole_scores(found, gc), background(gc)


def test_law_is_that_of_all_words(motif):
    scores, probabilities = _all_words(*motif)
    lowest, law = score_distribution(*motif)
    expected = np.bincount(scores - lowest, weights=probabilities, minlength=len(law))
    assert lowest == scores.min() and lowest + len(law) - 1 == scores.max()
    np.testing.assert_allclose(law, expected, atol=1e-16)
    assert law.sum() == pytest.approx(1, abs=1e-13)


@pytest.mark.parametrize("p_value", [0.3, 1e-2, 1e-3, 3e-4])
def test_threshold_is_the_lowest_score_rare_enough(motif, p_value: float):
    scores, probabilities = _all_words(*motif)
    candidates = np.arange(scores.min(), scores.max() + 2)
    tails = np.array([probabilities[scores >= s].sum() for s in candidates])
    assert score_threshold(*motif, p_value) == candidates[tails <= p_value * (1 + 1e-12)][0]


def test_threshold_is_beyond_a_best_word_that_is_too_likely():
    matrix = np.array([[100, 100], [0, 0], [0, 0], [0, 0]])
    assert score_threshold(matrix, background(0.5), 1 / 16) == 101  # as rare as the best word, 200
    assert score_threshold(matrix, background(0.5), 0.06) == 201
    with pytest.raises(ValueError, match=r"`p_value` must lie in \(0, 1\), got 0.0"):
        score_threshold(matrix, background(0.5), 0.0)
