"""Score one forecaster on held-out windows, and keep examples to look at."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

from sciml.config.jobs import EvaluationJob
from sciml.config.settings import EvaluationConfig
from sciml.config.solvers import SolverConfig
from sciml.metrics.spectra import power_spectrum
from sciml.pde.data.prepare import load_split
from sciml.pde.data.windows import Windows
from sciml.pde.forecaster import AnyForecaster, Forecast, Forecaster
from sciml.pde.geometry import check_same, geometry_of
from sciml.pde.metrics import score
from sciml.pde.sampling import make_sampler
from sciml.solvers.calibration import Calibration
from sciml.training.batches import hash_seed
from sciml.training.processes import current
from sciml.training.shares import shared_calls

PICTURES = 3


@dataclass(frozen=True)
class Evaluation:
    """What was found.

    Attributes:
        scores: one, see `sciml.pde.metrics.score`; in a list, for `sciml compare` writes several.
        pictures: arrays to draw, see `_pictures`.
        units: of variables and axes.
    """

    scores: list[dict[str, Any]]
    pictures: dict[str, np.ndarray]
    units: dict[str, str]


def evaluate_forecaster(
    forecaster: AnyForecaster,
    job: EvaluationJob,
    data: Path,
    *,
    seed: int,
    calibration: Calibration | None = None,
    origin: str = "the model",
) -> Evaluation:
    """Scores, pictures and units, as the report reads them.

    Args:
        forecaster: fitted.
        job: windows, solver, members.
        data: prepared data set; its test split is used.
        seed: of the samples.
        calibration: of the model, for the solver `auto`.
        origin: what to call the model in an error.

    Raises:
        InputError: the model was made for data of other sizes.
    """
    windows = load_split(data, "test", job.window)
    check_same(forecaster.geometry, geometry_of(windows), origin)
    evaluation = job.evaluation
    chosen = evenly(windows, evaluation.windows)
    forecast, scores = timed_forecast(
        forecaster,
        chosen,
        _solver(forecaster, evaluation),
        members=evaluation.members,
        batch=evaluation.batch,
        seed=seed,
        calibration=calibration,
    )
    units = {**windows.units, **{name: axis.units for name, axis in windows.coordinates.items()}}
    return Evaluation([{**scores, "main": True}], _pictures(forecast.fields, chosen), units)


def _solver(forecaster: AnyForecaster, evaluation: EvaluationConfig) -> SolverConfig:
    """What is asked for; of a student its own unless one is."""
    made_for = forecaster.student if isinstance(forecaster, Forecaster) else None
    return evaluation.solver if made_for is None or "solver" in evaluation.model_fields_set else made_for


def evenly(windows: Windows, count: int) -> Windows:
    """`count` windows spread evenly over all, or all."""
    if count >= len(windows):
        return windows
    return windows[torch.linspace(0, len(windows) - 1, count).round().long()]


def forecast_windows(
    forecaster: AnyForecaster,
    windows: Windows,
    solver: SolverConfig,
    *,
    members: int,
    batch: int,
    seed: int,
    calibration: Calibration | None = None,
    onto_data: bool = True,
) -> Forecast:
    """Forecasts, on the GPU if there is one: an ensemble if the forecaster samples, else one member.

    Several processes share the work of the network; each returns all forecasts.
    """
    if not isinstance(forecaster, Forecaster):
        return Forecast(forecaster.forecast(windows).unsqueeze(1), 0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    forecaster.to(device)
    sampler = None
    if forecaster.generative:
        generator = Generator(device).manual_seed(hash_seed(seed, 3))
        sampler = make_sampler(forecaster, solver, generator, calibration, onto_data=onto_data)
    with shared_calls(forecaster):
        return forecaster.forecast(windows, members=members, sampler=sampler, batch=batch)


def timed_forecast(
    forecaster: AnyForecaster, windows: Windows, solver: SolverConfig, *, members: int, **how: Any
) -> tuple[Forecast, dict[str, Any]]:
    """(forecasts, their scores and cost); arguments as of `forecast_windows`."""
    began = time.process_time()
    forecast = forecast_windows(forecaster, windows, solver, members=members, **how)
    seconds = current().total(time.process_time() - began) / (len(windows) * forecast.fields.shape[1])
    return forecast, {
        "solver": forecast.solver,
        "picked": forecast.picked,
        "nfe": forecast.nfe,
        "seconds_per_sample": seconds,
        **score(forecast.fields, windows.target),
    }


def _pictures(ensemble: Tensor, windows: Windows) -> dict[str, np.ndarray]:
    """Examples of the first channel, and spectra over all windows and members."""
    picked = torch.linspace(0, len(windows) - 1, min(PICTURES, len(windows))).round().long()
    members = ensemble[picked, :, 0]
    spread = members.std(1) if members.shape[1] > 1 else torch.zeros_like(members[:, 0])
    arrays = {
        "truth": windows.target[picked, 0],
        "prediction": members[:, 0],
        "mean": members.mean(1),
        "spread": spread,
        "spectrum_truth": power_spectrum(windows.target[:, 0], hann=True),
        "spectrum_prediction": power_spectrum(ensemble[:, :, 0], hann=True),
    }
    plain = {name: tensor.float().numpy() for name, tensor in arrays.items()}
    for name, axis in windows.coordinates.items():
        values = axis.values[windows.given.shape[2] :] if name == "time" else axis.values
        plain[f"axis_{name}"] = np.asarray(values, dtype=np.float32)
    return plain
