"""Ranks with ties shared, as `scipy.stats.rankdata` gives them; importing `scipy.stats` takes a second in every process."""

import numpy as np
from jaxtyping import Float64, Real


def midranks(values: Real[np.ndarray, "..."], axis: int = -1) -> Float64[np.ndarray, "..."]:
    """Ranks along an axis, from 1; equal values share the mean of the ranks that they take up.

    Where one value along the axis is not a number, no rank is.
    """
    if not values.size:
        return np.empty(values.shape)
    moved = np.moveaxis(values, axis, -1)
    ranks = np.array([_midranks(row) for row in moved.reshape(-1, moved.shape[-1])])
    return np.moveaxis(ranks.reshape(moved.shape), -1, axis)


def _midranks(values: Real[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    if np.isnan(values).any():
        return np.full(len(values), np.nan)
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places]
