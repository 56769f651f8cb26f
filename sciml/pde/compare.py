"""Quality against network calls of many solvers on one forecaster, from the same noise."""

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sciml.config.jobs import ComparisonJob
from sciml.config.solvers import SolverConfig
from sciml.pde.data.prepare import load_split
from sciml.pde.evaluate import evenly, timed_forecast
from sciml.pde.forecaster import AnyForecaster
from sciml.pde.geometry import check_same, geometry_of
from sciml.pde.sampling import many_step_diffusion
from sciml.processes.parts import processes_of
from sciml.solvers.calibration import Calibration
from sciml.solvers.configured import with_calls

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
    fields, from a solution with many steps that starts from the same noise; none for a solver that adds fresh noise. All end
    at the process's t_min.

    Args:
        forecaster: a trained diffusion model.
        job: windows, solvers, calls.
        data: prepared data set; its test split is used.
        seed: of the noise.
        calibration: of the model, for the solver `auto`.
        origin: what to call the model in an error.

    Raises:
        InputError: the model does not sample, is a student, or was made for data of other sizes.
    """
    forecaster, predictor = many_step_diffusion(forecaster, "has solvers to compare", origin)
    config = job.comparison
    windows = load_split(data, "test", job.window)
    check_same(forecaster.geometry, geometry_of(windows), origin)
    chosen = evenly(windows, config.windows)
    how: dict[str, Any] = {
        "members": config.members,
        "batch": config.batch,
        "seed": seed,
        "calibration": calibration,
        "onto_data": False,
    }
    process = processes_of(predictor.denoiser.process)[0]
    reference = REFERENCE.model_copy(update={"steps": config.reference_steps})
    exact, row = timed_forecast(forecaster, chosen, reference, **how)
    rows = [{**row, "solver": f"reference, {row['solver']}", "distance": 0.0}]
    for solver in config.solvers:
        asked = [with_calls(solver, process, calls) for calls in sorted(set(config.calls))]
        for one in {found.steps: found for found in asked if found is not None}.values():
            forecast, row = timed_forecast(forecaster, chosen, one, **how)
            rows.append({**row, "distance": None if one.stochastic else _distance(forecast.fields, exact.fields)})
    return [{**row, "main": False} for row in rows]


def _distance(fields: Tensor, exact: Tensor) -> float:
    return math.sqrt(float(torch.mean((fields - exact) ** 2)))
