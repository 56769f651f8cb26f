"""Quality against network calls of many solvers on one forecaster, from the same noise."""

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sciml.config.jobs import ComparisonJob
from sciml.config.settings import SolverConfig
from sciml.io.errors import InputError
from sciml.pde.data.prepare import load_windows
from sciml.pde.evaluate import evenly, timed_forecast
from sciml.pde.forecaster import AnyForecaster, Forecaster
from sciml.pde.geometry import check_same, geometry_of
from sciml.pde.sampling import stochastic, with_calls
from sciml.solvers.calibration import Calibration

REFERENCE = SolverConfig(name="unipc", order=3, grid="log_snr")


def compare_solvers(
    forecaster: AnyForecaster,
    job: ComparisonJob,
    data: Path,
    *,
    seed: int,
    calibration: Calibration | None = None,
    origin: str = "the model",
) -> list[dict[str, Any]]:
    """Scores of every solver at every number of calls, and of the reference.

    Each row has the scores of `sciml.pde.metrics.score` and `distance`: the root mean square difference, in the unit of the
    fields, from a solution with many steps that starts from the same noise; none for a solver that adds fresh noise.

    Args:
        forecaster: a trained diffusion model.
        job: windows, solvers, calls.
        data: prepared data set; its test split is used.
        seed: of the noise.
        calibration: of the model, for the solver `auto`.
        origin: what to call the model in an error.

    Raises:
        InputError: the model does not sample, or was made for data of other sizes.
    """
    if not isinstance(forecaster, Forecaster) or not forecaster.generative:
        raise InputError(f"{origin}: only a diffusion model has solvers to compare; this one does not sample")
    window, config = job.window, job.comparison
    windows = load_windows(data, "test", window.given, window.predicted, window.period, window.stride)
    check_same(forecaster.geometry, geometry_of(windows), origin)
    chosen = evenly(windows, config.windows)
    how: dict[str, Any] = {"members": config.members, "batch": config.batch, "seed": seed, "calibration": calibration}
    exact, row = timed_forecast(forecaster, chosen, with_calls(REFERENCE, config.reference_steps), **how)
    rows = [{**row, "solver": f"reference, {row['solver']}", "distance": 0.0}]
    for solver in config.solvers:
        for calls in sorted(set(config.calls)):
            forecast, row = timed_forecast(forecaster, chosen, with_calls(solver, calls), **how)
            rows.append({**row, "distance": None if stochastic(solver) else _distance(forecast.fields, exact.fields)})
    return [{**row, "main": False} for row in rows]


def _distance(fields: Tensor, exact: Tensor) -> float:
    return math.sqrt(float(torch.mean((fields - exact) ** 2)))
