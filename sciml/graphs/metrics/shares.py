"""A share of samples with its interval."""

from typing import Any

import numpy as np
from jaxtyping import Bool

from sciml.metrics.proportions import wilson_interval


def share(hits: Bool[np.ndarray, " sample"]) -> dict[str, Any]:
    """Share of the samples that hit, its 95% interval and the number of samples, as plain numbers.

    For shares of distinct samples the interval is approximate, as those do not hit independently.
    """
    count = int(hits.sum())
    return {"value": count / len(hits), "interval": list(wilson_interval(count, len(hits))), "samples": len(hits)}
