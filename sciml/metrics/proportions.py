"""Shares of samples and how certain they are."""

import math

LEVEL_95 = 1.959963984540054


def wilson_interval(successes: int, trials: int, *, z: float = LEVEL_95) -> tuple[float, float]:
    """Interval of a share p of n independent trials: where |p_hat - p| <= z sqrt(p (1 - p) / n).

    Args:
        successes: from 0 to `trials`.
        trials: n, at least 1.
        z: normal quantile; 1.96 for 95%.

    Reference: Wilson (1927), doi:10.1080/01621459.1927.10502953.
    """
    if not 0 <= successes <= trials or trials < 1:
        raise ValueError(f"`successes` must lie in [0, `trials`] and `trials` be positive, got {successes} and {trials}")
    share = successes / trials
    centre = share + z**2 / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    scale = 1 + z**2 / trials
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)
