"""Train or fit one forecaster on a prepared data set."""

import time
from dataclasses import dataclass
from pathlib import Path

import torch

from sciml.config.jobs import TrainingJob
from sciml.config.models import NeuralConfig
from sciml.io.zarr_store import dataset_digest
from sciml.pde.data.prepare import load_split
from sciml.pde.forecaster import AnyForecaster, Forecaster
from sciml.pde.geometry import geometry_of
from sciml.pde.wdno import build
from sciml.training.batches import hash_seed
from sciml.training.fingerprint import fingerprint
from sciml.training.fit import FitReport, fit


@dataclass(frozen=True)
class Trained:
    """A fitted forecaster and what its training took; `report` is None for a baseline."""

    forecaster: AnyForecaster
    report: FitReport | None
    cpu_seconds: float
    wall_seconds: float
    parameters: int
    run: Path | None


def train_forecaster(
    job: TrainingJob, data: Path, *, seed: int, run_directory: Path, time_limit: float | None = None
) -> Trained:
    """Fit statistics, then train the network if there is one.

    Checkpoints and events of a network lie in a folder of the run directory named after configuration, data and seed, so
    that a change of any starts anew and going back finds the old run.

    Raises:
        InputError: the data does not fit the job, or the run directory holds a checkpoint that cannot be read.
        Stopped, NonFiniteLoss: see `fit`.
    """
    cpu, wall = time.process_time(), time.monotonic()
    windows = load_split(data, "train", job.window)
    geometry = geometry_of(windows)
    torch.manual_seed(hash_seed(seed, 0))
    forecaster = build(job.model, geometry)
    report, run = None, None
    if isinstance(forecaster, Forecaster):
        assert isinstance(job.model, NeuralConfig)
        forecaster.fit_statistics(windows)
        states, conditions = forecaster.examples(windows)
        mark = fingerprint(job.model_dump(mode="json"), dataset_digest(data), seed)
        run = run_directory / mark
        report = fit(
            forecaster.objective(),
            (states, conditions),
            job.model.training,
            seed=seed,
            directory=run,
            fingerprint=mark,
            time_limit=time_limit,
        )
        forecaster.to("cpu").precision = report.precision
    else:
        forecaster.fit(windows)
    return Trained(
        forecaster.eval(),
        report,
        report.cpu_seconds if report else time.process_time() - cpu,
        report.wall_seconds if report else time.monotonic() - wall,
        sum(parameter.numel() for parameter in forecaster.parameters()),
        run,
    )
