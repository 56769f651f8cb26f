"""Which letters the sites of a motif have: what sequence logos are drawn of.

A site is a place at which the better strand reaches the threshold of `MotifScanner`. It is read on that strand, and as the
sequence is written where both are as good.
"""

import numpy as np
from jaxtyping import Bool, Int64, UInt8
from torch import Tensor

from sciml.sequences.metrics.motif_scan import whole_scores
from sciml.sequences.metrics.score_distribution import score_threshold
from sciml.sequences.motifs import Motif, background


def site_letters(
    motif: Motif, tokens: UInt8[Tensor, "sequence position"], *, gc: float = 0.5, p_value: float = 1e-4
) -> Int64[np.ndarray, "4 width"]:
    """How often A, C, G and T are at each place of all sites; every column adds up to the number of sites.

    Args:
        motif: with `width` places.
        tokens: of DNA.
        gc, p_value: as of `MotifScanner`.

    Raises:
        ValueError: `gc` or `p_value` does not lie in (0, 1).
    """
    matrix = whole_scores(motif, gc)
    limit = score_threshold(matrix, background(gc), p_value)
    letters = tokens.numpy()
    ahead, back = _scores(matrix, letters), _scores(matrix[::-1, ::-1], letters)
    read_ahead = _letters(letters, (ahead >= limit) & (ahead >= back), motif.width)
    read_back = _letters(letters, (back >= limit) & (back > ahead), motif.width)
    return read_ahead + read_back[::-1, ::-1]


def position_letters(tokens: UInt8[Tensor, "sequence position"], letters: int) -> Int64[np.ndarray, "letter position"]:
    """How often each of so many letters is at each position of sequences that are aligned."""
    return np.stack([np.bincount(column, minlength=letters) for column in tokens.numpy().T], axis=1)


def _scores(matrix: Int64[np.ndarray, "4 width"], letters: np.ndarray) -> Int64[np.ndarray, "sequence place"]:
    """In hundredths of a bit."""
    places = max(letters.shape[1] - matrix.shape[1] + 1, 0)
    scores = np.zeros((len(letters), places), dtype=np.int64)
    for j, column in enumerate(matrix.T):
        scores += column[letters[:, j : j + places]]
    return scores


def _letters(letters: np.ndarray, hits: Bool[np.ndarray, "sequence place"], width: int) -> Int64[np.ndarray, "4 width"]:
    places = hits.shape[1]
    return np.stack([np.bincount(letters[:, j : j + places][hits], minlength=4) for j in range(width)], axis=1)
