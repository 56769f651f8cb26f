"""Scores with intervals, as plain numbers.

An entry is {"value", "interval"}, and after `with_floors` {"value", "interval", "floor", "floor_interval"}.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from sciml.metrics.mmd import interval
from sciml.metrics.proportions import LEVEL_95, wilson_interval

Statistic = Callable[[Float64[Tensor, "draw n"]], Float64[Tensor, " draw"]]
EDGE = 1 - 1e-15  # correlations nearer to 1 have no finite artanh


def estimate(statistic: Statistic, w: Float64[Tensor, "draw n"], *, correlation: bool = False) -> dict[str, Any]:
    """A statistic of n samples and its 95% interval by bootstrap; None for both where it is not defined.

    Only the spread of the bootstrap samples is used, as their mean may be off: of a resampled set every noise is larger.

    Args:
        statistic: its value for each row of weights.
        w: how often each sample is drawn, see `sciml.metrics.mmd.resamples`.
        correlation: it lies in [-1, 1]: the interval is made on Fisher's scale, artanh, and stays within.
    """
    value, resampled = statistic(torch.ones(1, w.shape[1], dtype=torch.float64)), statistic(w)
    if correlation:
        value, resampled = (numbers.clamp(-EDGE, EDGE).atanh() for numbers in (value, resampled))
    resampled = resampled[torch.isfinite(resampled)]
    if not torch.isfinite(value).all() or not len(resampled):
        return {"value": None, "interval": None}
    bounds = torch.tensor([float(value), *interval(float(value), resampled - resampled.mean())], dtype=torch.float64)
    centre, low, high = (bounds.tanh() if correlation else bounds).tolist()
    return {"value": centre, "interval": [low, high]}


def mean(values: Float64[Tensor, " n"], w: Float64[Tensor, "draw n"]) -> dict[str, Any]:
    """The mean of n numbers; `w` as of `estimate`."""
    return estimate(lambda weights: weights @ values / weights.sum(1), w)


def sample_mean(values: Float[Tensor, " n"]) -> dict[str, Any]:
    """The mean of n independent numbers and its 95% interval by the standard error."""
    mean, error = values.double().mean().item(), values.double().std().item() / len(values) ** 0.5
    return {"value": mean, "interval": [mean - LEVEL_95 * error, mean + LEVEL_95 * error]}


def median(values: Float64[Tensor, " n"], w: Float64[Tensor, "draw n"]) -> dict[str, Any]:
    """The median of n numbers, of an even number the mean of the middle two; `w` as of `estimate`."""
    ordered, order = values.sort()

    def statistic(weights: Tensor) -> Tensor:
        reached, half = weights[:, order].cumsum(1), weights.sum(1, keepdim=True) / 2
        return (ordered[(reached < half).sum(1)] + ordered[(reached <= half).sum(1)]) / 2

    return estimate(statistic, w)


def share(hits: Bool[np.ndarray, " n"]) -> dict[str, Any]:
    """Share of the samples that hit, with Wilson's interval."""
    count = int(hits.sum())
    return {"value": count / len(hits), "interval": list(wilson_interval(count, len(hits)))}


def magnitude(signed: dict[str, Any]) -> dict[str, Any]:
    """The absolute value of an entry."""
    low, high = signed["interval"]
    least = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
    return {"value": abs(signed["value"]), "interval": [least, max(abs(low), abs(high))]}


def with_floors(scores: dict[str, Any], floors: dict[str, Any]) -> dict[str, Any]:
    """Scores with those of real sequences at their side; both of one structure."""
    if "interval" in scores:
        return {**scores, "floor": floors["value"], "floor_interval": floors["interval"]}
    return {name: with_floors(entry, floors[name]) for name, entry in scores.items()}
