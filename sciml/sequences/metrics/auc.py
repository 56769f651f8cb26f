"""The area under the ROC curve: how often a positive scores above a negative.

AUC = P(s+ > s-) + P(s+ = s-) / 2, over all pairs of a positive and a negative.
"""

import math

import numpy as np
from jaxtyping import Float64

from sciml.metrics.proportions import LEVEL_95, wilson_interval
from sciml.numerics.ranks import midranks


def auc(positive: Float64[np.ndarray, " m"], negative: Float64[np.ndarray, " n"]) -> float:
    """Exact, in O((m + n) log(m + n)), equal scores counting a half.

    Raises:
        ValueError: no positives, no negatives, or a score that is not a number.
    """
    return float(_placements(positive, negative)[0].mean())


def auc_interval(
    positive: Float64[np.ndarray, " m"], negative: Float64[np.ndarray, " n"], *, z: float = LEVEL_95
) -> tuple[float, float]:
    """Interval on the logit scale, with DeLong's variance: var(V+) / m + var(V-) / n, V+ the share of the negatives that a
    positive lies above, V- that of the positives above a negative.

    Where all pairs are in order that variance is 0; Wilson's interval of min(m, n) pairs without a common member, which are
    independent, takes its place.

    Args:
        positive, negative: scores of at least 2 samples each.
        z: normal quantile; 1.96 for 95%.

    Reference: DeLong, DeLong and Clarke-Pearson (1988), doi:10.2307/2531595; Pepe (2003), The statistical evaluation of
        medical tests, section 5.2.5, on the logit.
    """
    above, below = _placements(positive, negative)
    m, n = len(above), len(below)
    if min(m, n) < 2:
        raise ValueError(f"`positive` and `negative` must hold at least 2 scores each, got {m} and {n}")
    area = float(above.mean())
    if area in (0.0, 1.0):
        return wilson_interval(round(area * min(m, n)), min(m, n), z=z)
    deviation = math.sqrt(above.var(ddof=1) / m + below.var(ddof=1) / n)
    centre, half = math.log(area / (1 - area)), z * deviation / (area * (1 - area))
    return 1 / (1 + math.exp(half - centre)), 1 / (1 + math.exp(-half - centre))


def _placements(positive: np.ndarray, negative: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(V+, V-)."""
    both = np.concatenate([positive, negative])
    m, n = len(positive), len(negative)
    if not m or not n or np.isnan(both).any():
        raise ValueError(f"`positive` and `negative` must hold numbers and at least one each, got {m} and {n}")
    ranks = midranks(both)
    return (ranks[:m] - midranks(positive)) / n, 1 - (ranks[m:] - midranks(negative)) / m
