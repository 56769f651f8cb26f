"""Correlations of rows of numbers with one row, and intervals of those of pairs."""

import math

import numpy as np
from jaxtyping import Float64

from sciml.metrics.proportions import LEVEL_95
from sciml.numerics.ranks import midranks


def pearson(x: Float64[np.ndarray, "row n"], y: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " row"]:
    """r = cov(x, y) / (sd(x) sd(y)) of each row of x with y; not a number where either is constant or n is 0."""
    if not len(y):
        return np.full(len(x), np.nan)
    x, y = x - x.mean(1, keepdims=True), y - y.mean()
    norms = np.sqrt((x**2).sum(1) * (y**2).sum())
    return np.divide(x @ y, norms, out=np.full(len(x), np.nan), where=norms > 0)


def spearman(x: Float64[np.ndarray, "row n"], y: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " row"]:
    """Pearson's correlation of the ranks, equal numbers sharing their mean rank."""
    return pearson(midranks(x, axis=1), midranks(y))


def spearman_interval(correlation: float, pairs: int, *, z: float = LEVEL_95) -> tuple[float, float]:
    """tanh(artanh(r) +- z sqrt((1 + r^2 / 2) / (n - 3))).

    Args:
        correlation: r of `pairs` independent pairs, in [-1, 1].
        pairs: n, at least 4.
        z: normal quantile; 1.96 for 95%.

    Reference: Bonett and Wright (2000), doi:10.1007/BF02294183, equation 7.
    """
    if not -1 <= correlation <= 1 or pairs < 4:
        raise ValueError(f"`correlation` must lie in [-1, 1] and `pairs` be at least 4, got {correlation} and {pairs}")
    if abs(correlation) == 1:
        return correlation, correlation
    half = z * math.sqrt((1 + correlation**2 / 2) / (pairs - 3))
    centre = math.atanh(correlation)
    return math.tanh(centre - half), math.tanh(centre + half)
