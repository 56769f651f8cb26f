"""Find solver schedules for one forecaster, on validation windows it has not been trained on."""

import logging
from pathlib import Path

import torch
from torch import Generator, Tensor

from sciml.config.jobs import CalibrationJob
from sciml.config.settings import CalibrationConfig
from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.statistics import cosine_statistics
from sciml.io.errors import InputError
from sciml.pde.data.prepare import load_split
from sciml.pde.evaluate import evenly
from sciml.pde.forecaster import AnyForecaster, Forecaster
from sciml.pde.geometry import check_same, geometry_of
from sciml.pde.sampling import many_step_diffusion
from sciml.solvers.calibration import Calibration, Effort, calibrate
from sciml.solvers.dpm_solver_v3 import model_statistics
from sciml.solvers.schedule import Knowledge
from sciml.training.batches import hash_seed

log = logging.getLogger(__name__)


def calibrate_forecaster(
    forecaster: AnyForecaster, job: CalibrationJob, data: Path, *, seed: int, origin: str = "the model"
) -> Calibration:
    """Schedules and statistics.

    Args:
        forecaster: a trained diffusion model.
        job: windows and effort.
        data: prepared data set; its validation split is used, and its training split for statistics.
        seed: of the noise and of the search.
        origin: what to call the model in an error.

    Raises:
        InputError: the model does not sample, is a student, or was made for data of other sizes; too few windows.
    """
    forecaster, predictor = many_step_diffusion(forecaster, "can be calibrated", origin)
    config = job.calibration
    forecaster.requires_grad_(False)
    _, cond = _examples(forecaster, job, data, "validation", config.windows, origin)
    states, seen = _examples(forecaster, job, data, "train", max(config.statistics, config.model_statistics), origin)
    if len(cond) < 2:
        raise InputError(f"{data}: must have at least 2 validation windows to calibrate on, has {len(cond)}")
    if config.statistics and len(states) < 2:
        raise InputError(f"{data}: must have at least 2 training windows to take statistics of, has {len(states)}")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    forecaster.to(device)
    generator = Generator(device).manual_seed(hash_seed(seed, 4))
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=forecaster.precision == "bf16"):
        shape = (len(cond), *forecaster.representation.state_shape)
        return calibrate(
            predictor.denoiser,
            predictor.denoiser.process.prior(shape, generator=generator, dtype=cond.dtype),
            config.calls,
            generator=Generator().manual_seed(hash_seed(seed, 5)),
            cond=cond.to(device),
            knowledge=_knowledge(predictor.denoiser, states, seen, config, generator),
            effort=Effort(config.reference_steps, config.refine, config.iterations, config.trials),
            view=forecaster.representation.decode,
            say=log.info,
        )


def _knowledge(
    denoiser: Denoiser, states: Tensor, cond: Tensor, config: CalibrationConfig, generator: Generator
) -> Knowledge | None:
    if not config.statistics:
        return None
    data, n = cosine_statistics(states[: config.statistics]), config.model_statistics
    if not n:
        return Knowledge(data)
    device = generator.device
    measured = model_statistics(denoiser, states[:n].to(device), data, generator=generator, cond=cond[:n].to(device))
    return Knowledge(data, measured.form)


def _examples(
    forecaster: Forecaster, job: CalibrationJob, data: Path, split: str, count: int, origin: str
) -> tuple[Tensor, Tensor]:
    """(states, conditions) of some windows of a split."""
    windows = load_split(data, split, job.window)
    check_same(forecaster.geometry, geometry_of(windows), origin)
    with torch.no_grad():
        return forecaster.examples(evenly(windows, max(count, 1)))
