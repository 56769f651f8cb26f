"""Scores of ensembles: is the forecast distribution sharp and calibrated?

Ensembles have the shape (window, member, channel, time, *space), their truth lacks the member axis. Sums are taken in
float64; results are float64 scalars.

References:
    Gneiting and Raftery 2007, Strictly proper scoring rules, prediction, and estimation,
        doi:10.1198/016214506000001437.
    Ferro 2014, Fair scores for ensemble forecasts, doi:10.1002/qj.2270.
    Fortin et al. 2014, Why should ensemble spread match the RMSE of the ensemble mean?, doi:10.1175/JHM-D-14-0008.1.
"""

import torch
from jaxtyping import Float, Float64
from torch import Tensor


def ensemble_mean(
    ensemble: Float[Tensor, "window member channel time *space"],
) -> Float64[Tensor, "window channel time *space"]:
    """The mean over members."""
    return ensemble.mean(1, dtype=torch.float64)


def crps(
    ensemble: Float[Tensor, "window member channel time *space"], truth: Float[Tensor, "window channel time *space"]
) -> Float64[Tensor, ""]:
    """Continuous ranked probability score, averaged over everything, in the unit of the fields; lower is better.

    With members x_1 ... x_m and truth y,

        CRPS = 1/m sum_i |x_i - y| - 1/(m (m - 1)) sum_{i<j} |x_i - x_j|,

    Ferro's fair estimator: unbiased for E|X - y| - E|X - X'|/2 (Gneiting and Raftery 2007, eq. 21) at every m > 1, so
    that ensembles of unlike sizes compare. One member is a deterministic forecast, whose CRPS is its absolute error.

    The pairs cost O(m log m): with the members sorted, sum_{i<j} |x_i - x_j| = sum_k (2k - m - 1) x_(k).

    Raises:
        ValueError: the shapes differ in more than the member axis.
    """
    _check(ensemble, truth)
    members = ensemble.shape[1]
    centred = ensemble.double() - truth.double().unsqueeze(1)  # differences of members stay, rounding shrinks
    distance = centred.abs().mean()
    if members == 1:
        return distance
    ranks = torch.arange(1 - members, members, 2, dtype=torch.float64, device=ensemble.device)
    pairs = torch.tensordot(centred.sort(1).values, ranks, dims=([1], [0]))
    return distance - pairs.mean() / (members * (members - 1))


def spread_skill(
    ensemble: Float[Tensor, "window member channel time *space"], truth: Float[Tensor, "window channel time *space"]
) -> Float64[Tensor, ""]:
    """Spread over skill: 1 when calibrated, below 1 when overconfident, above 1 when too cautious.

        sqrt((m + 1)/m mean(s^2)) / sqrt(mean((x_mean - y)^2)),

    with s^2 the unbiased variance of the m members. If truth and members are draws from one distribution of variance v,
    x_mean - y has variance v (1 + 1/m): hence the factor (Fortin et al. 2014). An ensemble without error gives
    infinity, one without error and spread no number.

    Raises:
        ValueError: fewer than 2 members, or the shapes differ in more than the member axis.
    """
    _check(ensemble, truth)
    members = ensemble.shape[1]
    if members < 2:
        raise ValueError(f"`ensemble` must have at least 2 members, got {members}")
    variance = ensemble.double().var(1, correction=1).mean()
    error = (ensemble_mean(ensemble) - truth.double()).square().mean()
    return ((members + 1) / members * variance / error).sqrt()


def _check(ensemble: Tensor, truth: Tensor) -> None:
    if ensemble.shape[:1] + ensemble.shape[2:] != truth.shape:
        raise ValueError(
            f"`ensemble` must be shaped as `truth` with members as second axis, "
            f"got {tuple(ensemble.shape)} and {tuple(truth.shape)}"
        )
