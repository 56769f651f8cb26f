"""How well stability changes are predicted of proteins that were not learned from.

Mutations of one protein are alike, so intervals are of a bootstrap over proteins, not over mutations.

Reference: Efron and Tibshirani (1993), An Introduction to the Bootstrap, section 13.3, percentile intervals; Field and Welsh
(2007), doi:10.1111/j.1467-9868.2007.00593.x, resampling of clusters.
"""

from typing import Any

import numpy as np
from jaxtyping import Float64

from sciml.sequences.metrics.correlations import spearman
from sciml.sequences.stability.mutations import Mutations

DRAWS = 1000


def stability_quality(said: Float64[np.ndarray, " row"], mutations: Mutations, *, seed: int) -> dict[str, Any]:
    """Spearman's correlation and the root of the mean square error in kcal/mol, each with a 95% interval; None where not
    defined.

    Args:
        said: predicted ddG.
        mutations: with the measured ones.
        seed: of the bootstrap.
    """
    generator = np.random.default_rng(seed)
    names = sorted(set(mutations.proteins))
    of_protein = np.array([names.index(name) for name in mutations.proteins])
    rows = [np.flatnonzero(of_protein == k) for k in range(len(names))]
    drawn = [np.concatenate([rows[k] for k in generator.integers(len(names), size=len(names))]) for _ in range(DRAWS)]
    scores = {"spearman": _rank, "rmse": _error}
    found = {name: _entry(score, said, mutations.ddg, drawn) for name, score in scores.items()}
    return {**found, "mutations": len(mutations), "proteins": len(names)}


def _entry(score: Any, said: np.ndarray, true: np.ndarray, drawn: list[np.ndarray]) -> dict[str, Any]:
    value = score(said, true)
    if not np.isfinite(value):
        return {"value": None, "interval": None}
    low, high = np.nanquantile([score(said[rows], true[rows]) for rows in drawn], [0.025, 0.975])
    return {"value": value, "interval": [float(low), float(high)]}


def _rank(said: np.ndarray, true: np.ndarray) -> float:
    return float(spearman(said[None], true)[0])


def _error(said: np.ndarray, true: np.ndarray) -> float:
    return float(np.sqrt(np.mean((said - true) ** 2)))
