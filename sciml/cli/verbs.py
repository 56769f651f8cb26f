"""The verbs of the command line. Each reads its files, calls one function of the package and writes its result whole."""

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import click

from sciml.cli import graphs, sequences
from sciml.cli.options import (
    CALIBRATION,
    CONFIG,
    DATA,
    EVENTS,
    FILE,
    LIMIT,
    MANIFEST,
    MODEL,
    NAME,
    OUTPUT,
    RUN,
    SEED,
    domain_of,
    provenance_of,
    write_account,
    write_json,
)
from sciml.cli.several import leads
from sciml.config.base import read_config
from sciml.config.jobs import CalibrationJob, ComparisonJob, DataJob, EvaluationJob, TrainingJob
from sciml.config.settings import BurgersConfig, Settings
from sciml.config.solvers import SolverConfig, SolverName
from sciml.io.atomic import atomic_file, write_text_if_changed
from sciml.io.errors import InputError
from sciml.io.fetch import SOURCES

log = logging.getLogger(__name__)


@click.command()
@click.argument("name", required=False)
@click.option("--output", type=FILE, help="Where to put the file.")
@click.option("--mirror", type=FILE, help="Folder laid out as data/README.md says, looked at before any download.")
@click.option("--download", is_flag=True, help="Fetch from the public address what the mirror lacks.")
@click.option("--list", "show", is_flag=True, help="List the known sources.")
def fetch(name: str | None, output: Path | None, mirror: Path | None, download: bool, show: bool) -> None:
    """Get a public data file and check its sha256."""
    from sciml.io.fetch import fetch as fetch_source

    if show:
        for source in SOURCES.values():
            click.echo(f"{source.name}\t{source.filename}\t{source.licence}\t{source.reference}")
        return
    if name is None:
        raise InputError(f"`NAME` is missing: one of {', '.join(SOURCES)}")
    if name not in SOURCES:
        raise InputError(f"`{name}` is not a known source; known: {', '.join(SOURCES)}")
    if output is None:
        raise InputError("`--output` is missing: where to put the file")
    fetch_source(SOURCES[name], output, mirror, download)


@click.command()
@CONFIG
@OUTPUT
@click.option("--source", type=FILE, help="File to import; needed by data of kind file.")
def prepare(config: Path, output: Path, source: Path | None) -> None:
    """Simulate a data set, or import, check and split your own.

    The file says `domain: graphs` for graphs and molecules, `domain: sequences` for DNA and proteins; --source is then the
    folder of public files.
    """
    if (domain := domain_of(config)) != "fields":
        return {"graphs": graphs.prepare_graphs, "sequences": sequences.prepare_sequences}[domain](config, output, source)
    job = read_config(DataJob, config)
    from sciml.pde.data.prepare import prepare_burgers, prepare_file

    data = job.data
    if isinstance(data, BurgersConfig):
        prepare_burgers(output, **data.model_dump(exclude={"kind"}), progress=_say_progress)
        return
    path = source or Path(data.path)
    prepare_file(
        path,
        output,
        variables=data.variables,
        forcing=data.forcing,
        rename=data.rename,
        split=data.split,
        seed=data.seed,
        frames=data.given + data.predicted,
    )


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


@click.command()
@CONFIG
@DATA
@OUTPUT
@SEED
@RUN
@MANIFEST
@EVENTS
@LIMIT
def train(
    config: Path,
    data: Path,
    output: Path,
    seed: int,
    run_directory: Path | None,
    manifest: Path | None,
    events: Path | None,
    time_limit: float | None,
) -> None:
    """Train a model, or fit a baseline; goes on where an earlier run was stopped or killed."""
    run_directory = run_directory or output.parent / "run"
    if (domain := domain_of(config)) != "fields":
        of_domain = {"graphs": graphs.train_graphs, "sequences": sequences.train_sequences}[domain]
        return of_domain(config, data, output, seed, run_directory, manifest, events, time_limit)
    job = read_config(TrainingJob, config)
    from sciml.io.zarr_store import dataset_digest
    from sciml.pde.store import save_forecaster
    from sciml.pde.train import train_forecaster

    origin = provenance_of(job.model_dump(mode="json"), dataset_digest(data), seed)
    trained = train_forecaster(job, data, seed=seed, run_directory=run_directory, time_limit=time_limit)
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


@click.command()
@CONFIG
@DATA
@MODEL
@OUTPUT
@SEED
@CALIBRATION
def compare(config: Path, data: Path, model: Path, output: Path, seed: int, calibration: Path | None) -> None:
    """Quality against network calls, solver by solver, on the test split."""
    domain = domain_of(config)
    if domain == "graphs":
        return graphs.compare_graphs(config, data, model, output, seed)
    if domain == "sequences":
        return sequences.compare_sequences(config, data, model, output, seed)
    job = read_config(ComparisonJob, config)
    from sciml.pde.compare import compare_solvers
    from sciml.pde.store import load_forecaster

    known = _calibration(calibration, model)
    rows = compare_solvers(load_forecaster(model)[0], job, data, seed=seed, calibration=known, origin=str(model))
    if leads():
        write_json(output, {"seed": seed, "scores": rows})


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

    from sciml.io.zarr_store import read_dataset
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
) -> None:
    """Write forecasts of a trained model as NetCDF: dimensions (window, member, time, ...)."""
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
    log.info("sampled with %s", label)


@click.command()
@click.argument("model", type=FILE)
def inspect(model: Path) -> None:
    """Say what a model file holds: its configuration, the data it was made for, its size."""
    from sciml.config.base import to_yaml
    from sciml.io.model_file import kind_of, load_model
    from sciml.pde.forecaster import Forecaster
    from sciml.pde.store import KIND, load_forecaster
    from sciml.solvers.configured import solver_label

    inspect_of = {"graph generator": graphs.inspect_graphs, "sequence generator": sequences.inspect_sequences}
    if (kind := kind_of(model)) in inspect_of:
        return inspect_of[kind](model)
    if kind not in (KIND, None):
        tensors, description = load_model(model, kind)
        click.echo(f"# {kind}; {sum(tensor.numel() for tensor in tensors.values())} numbers")
        click.echo(json.dumps({name: value for name, value in description.items() if name != "kind"}, indent=1))
        return None
    forecaster, job = load_forecaster(model)
    parameters = sum(parameter.numel() for parameter in forecaster.parameters())
    click.echo(f"# {parameters} parameters; made for {forecaster.geometry}")
    if isinstance(forecaster, Forecaster) and forecaster.student is not None:
        click.echo(f"# distilled: sampled by {solver_label(forecaster.student)}")
    click.echo(to_yaml(job), nl=False)


@click.command()
@click.argument("directories", nargs=-1, required=True, type=FILE)
@OUTPUT
@click.option("--title", default="Results", show_default=True)
@click.option("--scale", default="", help="Name of the scale, for the heading.")
@click.option("--note", "notes", multiple=True, help="A remark to print, such as what was left out.")
@click.option("--solvers", type=FILE, help="Made by benchmarks/solvers.py, with its plot beside it.")
@click.option("--sweep", "sweeps", multiple=True, type=FILE, help="Made by `sciml sweep --json`; repeatable.")
def report(
    directories: tuple[Path, ...],
    output: Path,
    title: str,
    scale: str,
    notes: tuple[str, ...],
    solvers: Path | None,
    sweeps: tuple[Path, ...],
) -> None:
    """Make one self-contained HTML page from evaluated models."""
    from sciml.report.build import build_report

    build_report(directories, output, title=title, scale=scale, notes=notes, solvers=solvers, sweeps=sweeps)


@click.command()
@OUTPUT
def schema(output: Path) -> None:
    """Write the JSON schema of the workflow's configuration."""
    values = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Settings.model_json_schema()}
    write_text_if_changed(output, json.dumps(values, indent=2, sort_keys=True) + "\n")


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
