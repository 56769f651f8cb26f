"""Forecasters as files."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from sciml.config.base import parse
from sciml.config.jobs import TrainingJob
from sciml.config.solvers import SolverConfig
from sciml.io.model_file import fill_model, header_of, load_model, save_model
from sciml.pde.forecaster import AnyForecaster, Forecaster
from sciml.pde.geometry import Geometry
from sciml.pde.wdno import build

KIND = "pde forecaster"


def save_forecaster(path: Path, forecaster: AnyForecaster, job: TrainingJob) -> None:
    """Write a fitted forecaster, statistics and all."""
    description: dict[str, Any] = {
        "kind": KIND,
        "job": job.model_dump(mode="json"),
        "geometry": asdict(forecaster.geometry),
    }
    if isinstance(forecaster, Forecaster):
        description["precision"] = forecaster.precision
        if forecaster.student is not None:
            description["student"] = forecaster.student.model_dump(mode="json")
    save_model(path, forecaster.state_dict(), description)


def load_forecaster(path: Path) -> tuple[AnyForecaster, TrainingJob]:
    """Rebuild a forecaster.

    Raises:
        InputError: the file is no forecaster, or lacks or has too many tensors, such as the statistics of a sub-band.
    """
    tensors, description = load_model(path, KIND)
    with header_of(path, "a forecaster"):
        job, sizes = parse(TrainingJob, description["job"], str(path)), description["geometry"]
        plain: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in sizes.items()}
        geometry = Geometry(**plain)
        student = description.get("student")
        made_for = None if student is None else parse(SolverConfig, student, str(path))
        forecaster = build(job.model, geometry)
    fill_model(path, forecaster, tensors)
    if isinstance(forecaster, Forecaster):
        forecaster.precision, forecaster.student = description.get("precision", "32"), made_for
    return forecaster.eval(), job
