"""The exact law of a motif's score in random letters, and the score that chance reaches with a given probability.

    P(S = s) after j + 1 places = sum_c b_c P(S = s - m_cj after j places),     s and m_cj whole numbers.

Reference: Staden (1989), Methods for calculating the probabilities of finding patterns in sequences,
doi:10.1093/bioinformatics/5.2.89.
"""

import numpy as np
from jaxtyping import Float64, Int64


def score_distribution(
    matrix: Int64[np.ndarray, "letter width"], letters: Float64[np.ndarray, " letter"]
) -> tuple[int, Float64[np.ndarray, " score"]]:
    """The lowest score, and the probabilities of it and of every whole number up to the highest score.

    Args:
        matrix: m, whole numbers that a letter adds to the score at each place.
        letters: b, probabilities of the letters, independent of each other.
    """
    steps = matrix - matrix.min(0)
    law = np.ones(1)
    for column in steps.T:
        longer = np.zeros(len(law) + column.max())
        for step, probability in zip(column, letters, strict=True):
            longer[step : step + len(law)] += probability * law
        law = longer
    return int(matrix.min(0).sum()), law


def score_threshold(
    matrix: Int64[np.ndarray, "letter width"], letters: Float64[np.ndarray, " letter"], p_value: float
) -> int:
    """The lowest s with P(S >= s) <= p_value; above the highest score where even that one is too likely.

    Args:
        matrix, letters: as of `score_distribution`.
        p_value: in (0, 1).

    Raises:
        ValueError: `p_value` does not lie in (0, 1).
    """
    if not 0 < p_value < 1:
        raise ValueError(f"`p_value` must lie in (0, 1), got {p_value}")
    lowest, law = score_distribution(matrix, letters)
    from_above = law[::-1].cumsum()
    return lowest + len(law) - int(np.searchsorted(from_above, p_value, side="right"))
