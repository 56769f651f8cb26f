"""Distil one diffusion forecaster into a student of few network calls."""

import time
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from sciml.config.jobs import DistillationJob
from sciml.distillation.teaching import Course, teach
from sciml.io.zarr_store import dataset_digest
from sciml.pde.data.prepare import load_split
from sciml.pde.forecaster import AnyForecaster
from sciml.pde.geometry import check_same, geometry_of
from sciml.pde.predictors import Diffusion
from sciml.pde.sampling import many_step_diffusion
from sciml.pde.train import Trained
from sciml.processes.parts import processes_of
from sciml.solvers.configured import configured
from sciml.solvers.grids import Grid
from sciml.training.fingerprint import fingerprint


def distill_forecaster(
    teacher: AnyForecaster,
    job: DistillationJob,
    data: Path,
    *,
    seed: int,
    run_directory: Path,
    digest: str,
    time_limit: float | None = None,
    origin: str = "the model",
) -> Trained:
    """A student, with all else of its teacher; seconds count the pairs that it learns from.

    Args:
        teacher: a trained diffusion model.
        job: windows, and how to distil.
        data: prepared data set; its training split is used.
        seed: of shuffles and noise.
        run_directory: checkpoints and events lie in a folder of it named after configuration, teacher, data and seed.
        digest: of the teacher's file.
        time_limit: wall seconds after which to save and stop.
        origin: what to call the teacher in an error.

    Raises:
        InputError: the teacher does not sample, is a student itself, or was made for data of other sizes.
        Stopped, NonFiniteLoss: see `fit`.
    """
    cpu, wall = time.process_time(), time.monotonic()
    teacher, predictor = many_step_diffusion(teacher, "can be distilled", origin)
    windows = load_split(data, "train", job.window)
    check_same(teacher.geometry, geometry_of(windows), origin)
    student = deepcopy(teacher)
    student.student = job.student.solver
    lead = processes_of(predictor.denoiser.process)[-1]

    def grid(steps: int) -> Grid:
        return configured(job.student.solver.model_copy(update={"steps": steps}), lead, onto_data=True)[1]

    mark = fingerprint(job.model_dump(mode="json") | {"teacher": digest}, dataset_digest(data), seed)
    course = Course(
        rows=teacher.examples(windows),
        assemble=_assemble,
        student_grid=grid,
        directory=run_directory / mark,
        fingerprint=mark,
        weight=teacher.weight(),
        time_limit=time_limit,
        precision=teacher.precision,
    )
    assert isinstance(student.predictor, Diffusion)
    reports = teach(job.student, predictor.denoiser, student.predictor.denoiser, course, seed=seed)
    student.to("cpu").precision = reports[-1].precision
    teacher.to("cpu")
    return Trained(
        student.eval(),
        replace(reports[-1], steps=sum(report.steps for report in reports)),
        time.process_time() - cpu,
        time.monotonic() - wall,
        sum(parameter.numel() for parameter in student.parameters()),
        course.directory,
    )


def _assemble(state: Tensor, cond: Tensor) -> tuple[Tensor, Tensor]:
    return state, cond
