"""Errors of predictions against the truth.

Fields have the shape (window, channel, time, *space). Sums are taken in float64, whatever the fields' precision;
results are float64 scalars unless said otherwise, in the fields' unit (squared errors: in the unit squared).
"""

import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor


def mean_square_error(
    prediction: Float[Tensor, "window channel time *space"], truth: Float[Tensor, "window channel time *space"]
) -> Float64[Tensor, ""]:
    """Mean of (p - u)^2 over everything."""
    return _error(prediction, truth).square().mean()


def mean_absolute_error(
    prediction: Float[Tensor, "window channel time *space"], truth: Float[Tensor, "window channel time *space"]
) -> Float64[Tensor, ""]:
    """Mean of |p - u| over everything."""
    return _error(prediction, truth).abs().mean()


def relative_l2(
    prediction: Float[Tensor, "window channel time *space"], truth: Float[Tensor, "window channel time *space"]
) -> Float64[Tensor, ""]:
    """Mean over windows of ||p - u|| / ||u||, the norms over channels, time and space. Dimensionless.

    A window whose truth is zero everywhere counts 0 if the prediction is, too, else infinity.
    """
    error = torch.linalg.vector_norm(_error(prediction, truth).flatten(1), dim=1)
    size = torch.linalg.vector_norm(truth.double().flatten(1), dim=1)
    return torch.where(error == 0, 0.0, error / size).mean()


def largest_error(
    prediction: Float[Tensor, "window channel time *space"], truth: Float[Tensor, "window channel time *space"]
) -> Float64[Tensor, ""]:
    """Mean over windows of the L-infinity norm, max |p - u|."""
    return _error(prediction, truth).abs().flatten(1).amax(1).mean()


def error_by_step(
    prediction: Float[Tensor, "window channel time *space"], truth: Float[Tensor, "window channel time *space"]
) -> Float64[Tensor, " time"]:
    """Mean square error of each time frame: how the error grows with lead time."""
    return _error(prediction, truth).square().transpose(0, 2).flatten(1).mean(1)


def masked_mean_square_error(
    prediction: Float[Tensor, "window channel time *space"],
    truth: Float[Tensor, "window channel time *space"],
    mask: Bool[Tensor, "window channel time *space"],
) -> Float64[Tensor, ""]:
    """Mean of (p - u)^2 where the mask is true, for instance about shocks; not a number if it is true nowhere."""
    return _error(prediction, truth)[mask].square().mean()


def _error(prediction: Tensor, truth: Tensor) -> Tensor:
    if prediction.shape != truth.shape:  # broadcasting would give a number that means something else
        raise ValueError(
            f"`prediction` and `truth` must have one shape, got {tuple(prediction.shape)} and {tuple(truth.shape)}"
        )
    return prediction.double() - truth.double()
