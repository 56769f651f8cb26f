"""What the verbs do with PDE fields."""

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import click

from sciml.cli.account import origin_of
from sciml.cli.options import (
    CALIBRATION,
    CONFIG,
    DATA,
    FILE,
    MANIFEST,
    MODEL,
    NAME,
    OUTPUT,
    SEED,
    domain_of,
    provenance_of,
    time_left,
    write_account,
    write_json,
)
from sciml.cli.several import leads
from sciml.config.base import read_config, to_yaml
from sciml.config.jobs import CalibrationJob, ComparisonJob, DataJob, EvaluationJob, TrainingJob
from sciml.config.settings import BurgersConfig
from sciml.config.solvers import SolverConfig, SolverName
from sciml.io.atomic import atomic_file
from sciml.io.errors import InputError

log = logging.getLogger(__name__)


@click.command()
@click.argument("path", type=FILE)
@click.option("--variable", "variables", multiple=True, help="Variables to look at; all by default.")
@click.option("--frames", type=click.IntRange(min=2), default=2, show_default=True, help="Fewest frames in time.")
def validate(path: Path, variables: tuple[str, ...], frames: int) -> None:
    """Say what is in a NetCDF, zarr or GRIB file, and whether it can be used."""
    from sciml.pde.data.load import load_fields
    from sciml.pde.data.validate import validate as check

    fields = load_fields(path, variables or None)
    check(fields, path, frames)
    for name, array in fields.data_vars.items():
        sizes = ", ".join(f"{dim} {size}" for dim, size in array.sizes.items())
        click.echo(
            f"{name}: {sizes}; {array.attrs.get('units', 'no units')}; {float(array.min()):.6g} to {float(array.max()):.6g}"
        )


def prepare_fields(config: Path, output: Path, source: Path | None) -> None:
    """`sciml prepare`: Burgers simulated, or a file of the user's imported."""
    job = read_config(DataJob, config)
    from sciml.pde.data.prepare import prepare_burgers, prepare_file

    data = job.data
    if isinstance(data, BurgersConfig):
        prepare_burgers(output, **data.model_dump(exclude={"kind"}), progress=_say_progress)
        return
    prepare_file(
        source or Path(data.path),
        output,
        variables=data.variables,
        forcing=data.forcing,
        rename=data.rename,
        split=data.split,
        seed=data.seed,
        frames=data.given + data.predicted,
    )


def train_fields(
    config: Path,
    data: Path,
    output: Path,
    seed: int,
    run_directory: Path,
    manifest: Path | None,
    events: Path | None,
    time_limit: float | None,
) -> None:
    """`sciml train`."""
    job = read_config(TrainingJob, config)
    from sciml.io.zarr_store import dataset_digest
    from sciml.pde.store import save_forecaster
    from sciml.pde.train import train_forecaster

    origin = provenance_of(job.model_dump(mode="json"), dataset_digest(data), seed)
    trained = train_forecaster(job, data, seed=seed, run_directory=run_directory, time_limit=time_left(time_limit))
    if not leads():
        return
    save_forecaster(output, trained.forecaster, job)
    took = asdict(trained.report) if trained.report else {"steps": None, "precision": None, "loss": None}
    took |= {"cpu_seconds": trained.cpu_seconds, "wall_seconds": trained.wall_seconds}
    write_account(manifest, events, trained.run, {**origin, **took, "parameters": trained.parameters})


@click.command()
@click.option("--config", type=FILE, help="YAML file with the settings; by default 5, 10 and 20 calls, on 16 windows.")
@DATA
@MODEL
@OUTPUT
@SEED
def calibrate(config: Path | None, data: Path, model: Path, output: Path, seed: int) -> None:
    """Find the best solver schedules of a model for a few numbers of network calls, and the statistics they use.

    Written beside the model as calibration.safetensors, they are found by the solver auto of forecast, evaluate, compare.
    """
    from sciml.pde.calibrate import calibrate_forecaster
    from sciml.pde.store import load_forecaster
    from sciml.solvers.calibration_file import save_calibration

    forecaster, training = load_forecaster(model)
    job = read_config(CalibrationJob, config) if config else CalibrationJob(window=training.window)
    save_calibration(output, calibrate_forecaster(forecaster, job, data, seed=seed, origin=str(model)), model)


def compare_fields(config: Path, data: Path, model: Path, output: Path, seed: int, calibration: Path | None) -> None:
    """`sciml compare`."""
    job = read_config(ComparisonJob, config)
    from sciml.io.zarr_store import dataset_digest
    from sciml.pde.compare import compare_solvers
    from sciml.pde.store import load_forecaster

    known = _calibration(calibration, model)
    rows = compare_solvers(load_forecaster(model)[0], job, data, seed=seed, calibration=known, origin=str(model))
    if leads():
        made_by = origin_of(output, job.model_dump(mode="json"), dataset_digest(data), seed)
        write_json(output, {"seed": seed, "scores": rows, "made_by": made_by})


@click.command()
@CONFIG
@DATA
@MODEL
@OUTPUT
@SEED
@CALIBRATION
@click.option("--pictures", type=FILE, help="Also write example fields and spectra, as npz.")
@NAME
def evaluate(
    config: Path,
    data: Path,
    model: Path,
    output: Path,
    seed: int,
    calibration: Path | None,
    pictures: Path | None,
    name: tuple[str, str],
) -> None:
    """Score a model on the test split."""
    if (domain := domain_of(config)) != "fields":
        raise InputError(f"{config}: {domain} are scored by `sciml sample` and then `sciml score`")
    job = read_config(EvaluationJob, config)
    import numpy as np

    from sciml.io.zarr_store import dataset_digest, read_dataset
    from sciml.pde.evaluate import evaluate_forecaster
    from sciml.pde.store import load_forecaster

    forecaster, training = load_forecaster(model)
    known = _calibration(calibration, model) if job.evaluation.solver.name == "auto" else None
    found = evaluate_forecaster(forecaster, job, data, seed=seed, calibration=known, origin=str(model))
    if not leads():
        return
    if pictures:
        with atomic_file(pictures) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **found.pictures)  # type: ignore[arg-type]
    dataset, title = name
    write_json(
        output,
        {
            "dataset": dataset or data.stem,
            "model": title or model.stem,
            "kind": training.model.kind,
            "seed": seed,
            "description": read_dataset(data).attrs.get("title"),
            "units": found.units,
            "scores": found.scores,
            "made_by": origin_of(output, job.model_dump(mode="json"), dataset_digest(data), seed),
        },
    )


@click.command()
@MODEL
@DATA
@OUTPUT
@SEED
@click.option("--split", type=click.Choice(["train", "validation", "test"]), default="test", show_default=True)
@click.option("--windows", type=click.IntRange(min=1), help="How many windows, evenly spaced; all by default.")
@click.option("--members", type=click.IntRange(min=1), default=8, show_default=True, help="Samples for each window.")
@click.option("--solver", type=click.Choice(get_args(SolverName)), default="auto", show_default=True)
@click.option("--steps", type=click.IntRange(min=1), default=10, show_default=True, help="Steps; of auto, network calls.")
@CALIBRATION
@MANIFEST
def forecast(
    model: Path,
    data: Path,
    output: Path,
    seed: int,
    split: str,
    windows: int | None,
    members: int,
    solver: Any,
    steps: int,
    calibration: Path | None,
    manifest: Path | None,
) -> None:
    """Write forecasts of a trained model as NetCDF: dimensions (window, member, time, ...)."""
    from sciml.io.zarr_store import dataset_digest
    from sciml.pde.export import write_forecast
    from sciml.pde.store import load_forecaster

    if calibration and solver != "auto":
        raise InputError(f"`--calibration` goes with `--solver auto`, got {solver}")
    forecaster, job = load_forecaster(model)
    label = write_forecast(
        forecaster,
        job.window,
        data,
        output,
        split=split,
        windows=windows,
        members=members,
        solver=SolverConfig(name=solver, steps=steps),
        seed=seed,
        calibration=_calibration(calibration, model) if solver == "auto" else None,
        origin=str(model),
    )
    if manifest and leads():
        asked = {"window": job.window.model_dump(mode="json"), "solver": label, "split": split, "members": members}
        write_account(manifest, None, None, provenance_of(asked, dataset_digest(data), seed))
    log.info("sampled with %s", label)


def inspect_fields(model: Path) -> None:
    """`sciml inspect`."""
    from sciml.pde.forecaster import Forecaster
    from sciml.pde.store import load_forecaster
    from sciml.solvers.configured import solver_label

    forecaster, job = load_forecaster(model)
    parameters = sum(parameter.numel() for parameter in forecaster.parameters())
    click.echo(f"# {parameters} parameters; made for {forecaster.geometry}")
    if isinstance(forecaster, Forecaster) and forecaster.student is not None:
        click.echo(f"# distilled: sampled by {solver_label(forecaster.student)}")
    click.echo(to_yaml(job), nl=False)


def _calibration(path: Path | None, model: Path) -> Any:
    """The calibration asked for, or that beside the model, which is passed over with a word if it is of another model."""
    from sciml.solvers.calibration_file import load_calibration

    if path is not None:
        return load_calibration(path, model)
    beside = model.parent / "calibration.safetensors"
    if not beside.is_file():
        return None
    try:
        return load_calibration(beside, model)
    except InputError as error:
        log.warning("going on without a calibration: %s", error)
        return None


def _say_progress(done: int, total: int) -> None:
    log.info("simulated %d of %d trajectories", done, total)
