"""The learning rate over a run: a linear rise, then half a cosine down to zero."""

import math


def warmup_cosine(step: int, steps: int, warmup: int) -> float:
    """Factor of the learning rate in (0, 1] at a step counted from 0.

    Reference: Loshchilov & Hutter 2017, arXiv 1608.03983, equation 5, without restarts.
    """
    rise = min(1.0, (step + 1) / warmup) if warmup else 1.0
    return rise * 0.5 * (1 + math.cos(math.pi * step / steps))
