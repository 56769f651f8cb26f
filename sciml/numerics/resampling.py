"""Weighted particles: how many they are worth, and draws of them in proportion to their weights.

Weights are handed over as logarithms that need not be normalised; each row is a population of its own.

Reference: Kong, Liu and Wong (1994), for the effective size; Kitagawa (1996), for systematic resampling.
"""

import math

import torch
from jaxtyping import Float64, Integer
from torch import Tensor


def effective_size(log_weights: Float64[Tensor, "population particle"]) -> Float64[Tensor, " population"]:
    """(sum w)^2 / sum w^2: the number of particles if the weights are equal, 1 if one has all the weight."""
    return torch.exp(2 * log_weights.logsumexp(1) - (2 * log_weights).logsumexp(1))


def log_mean(log_weights: Float64[Tensor, "population particle"]) -> Float64[Tensor, " population"]:
    """log(sum w / n)."""
    return log_weights.logsumexp(1) - math.log(log_weights.shape[1])


def systematic(
    log_weights: Float64[Tensor, "population particle"], count: int, generator: torch.Generator
) -> Integer[Tensor, "population count"]:
    """Indices of particles, each drawn count w / sum w times on average, rounded up or down.

    One uniform number a population places `count` equidistant points on the distribution function.

    Args:
        log_weights: log w.
        count: how many are drawn, at least 1.
        generator: source of randomness, on the device of the weights.
    """
    total = log_weights.softmax(1).cumsum(1)
    u = torch.rand((len(total), 1), generator=generator, dtype=torch.float64, device=total.device)
    points = (torch.arange(count, device=total.device) + u) / count * total[:, -1:]
    # A point rounded up may reach the total: the last particle of any weight is the largest index allowed.
    last = (total < total[:, -1:]).sum(1, keepdim=True)
    return torch.searchsorted(total, points, right=True).minimum(last)
