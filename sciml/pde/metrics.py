"""What good means for a forecast of a field."""

from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sciml.metrics.ensembles import crps, ensemble_mean, spread_skill
from sciml.metrics.errors import (
    error_by_step,
    largest_error,
    masked_mean_square_error,
    mean_absolute_error,
    mean_square_error,
    relative_l2,
)

STEEP_SHARE = 0.05


def steep_mask(truth: Float[Tensor, "window channel time *space"]) -> Bool[Tensor, "window channel time *space"]:
    """The steepest 5% of grid points of each frame, by |du/dx| along the last axis: where the shocks or fronts are."""
    slope = torch.zeros_like(truth)
    slope[..., 1:-1] = (truth[..., 2:] - truth[..., :-2]).abs()
    frames = slope.flatten(3)
    count = max(1, round(STEEP_SHARE * frames.shape[-1]))
    threshold = frames.topk(count, dim=-1).values[..., -1:]
    return ((frames >= threshold) & (frames > 0)).reshape(truth.shape)


def score(
    ensemble: Float[Tensor, "window member channel time *space"], truth: Float[Tensor, "window channel time *space"]
) -> dict[str, Any]:
    """All scores of a forecast as plain numbers; see the functions of `sciml.metrics` for their definitions.

    Scores of a single forecast are averaged over the members; `mse_mean4` is that of means of four, None if there are fewer.
    """
    members = ensemble.shape[1]
    single = [ensemble[:, k] for k in range(members)]
    mean = ensemble_mean(ensemble).to(truth.dtype)
    steep = steep_mask(truth)
    fours = [ensemble_mean(ensemble[:, k : k + 4]).to(truth.dtype) for k in range(0, members - 3, 4)]

    def averaged(metric: Any, forecasts: list[Tensor]) -> float:
        return sum(float(metric(forecast, truth)) for forecast in forecasts) / len(forecasts)

    return {
        "members": members,
        "windows": len(truth),
        "mse": averaged(mean_square_error, single),
        "mse_mean4": averaged(mean_square_error, fours) if fours else None,
        "mse_mean": float(mean_square_error(mean, truth)),
        "mae": averaged(mean_absolute_error, single),
        "mae_mean": float(mean_absolute_error(mean, truth)),
        "relative_l2": averaged(relative_l2, single),
        "largest_error": averaged(largest_error, single),
        "shock_mse": averaged(lambda p, u: masked_mean_square_error(p, u, steep), single) if steep.any() else None,
        "crps": float(crps(ensemble, truth)),
        "spread_skill": float(spread_skill(ensemble, truth)) if members > 1 else None,
        "mse_by_step": torch.stack([error_by_step(p, truth) for p in single]).mean(0).tolist(),
    }
