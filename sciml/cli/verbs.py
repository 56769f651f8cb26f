"""Verbs of all domains. Each reads its files, calls one function of the package and writes its result whole."""

import json
from pathlib import Path

import click

from sciml.cli import fields, graphs, sequences
from sciml.cli.options import CALIBRATION, CONFIG, DATA, EVENTS, FILE, LIMIT, MANIFEST, MODEL, OUTPUT, RUN, SEED, domain_of
from sciml.config.settings import Settings
from sciml.io.atomic import write_text_if_changed
from sciml.io.errors import InputError
from sciml.io.fetch import SOURCES


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
    of_domain = {"fields": fields.prepare_fields, "graphs": graphs.prepare_graphs, "sequences": sequences.prepare_sequences}
    of_domain[domain_of(config)](config, output, source)


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
    of_domain = {"fields": fields.train_fields, "graphs": graphs.train_graphs, "sequences": sequences.train_sequences}
    run_directory = run_directory or output.parent / "run"
    of_domain[domain_of(config)](config, data, output, seed, run_directory, manifest, events, time_limit)


@click.command()
@CONFIG
@DATA
@MODEL
@OUTPUT
@SEED
@CALIBRATION
def compare(config: Path, data: Path, model: Path, output: Path, seed: int, calibration: Path | None) -> None:
    """Quality against network calls, solver by solver, on the test split."""
    if (domain := domain_of(config)) == "fields":
        return fields.compare_fields(config, data, model, output, seed, calibration)
    return {"graphs": graphs.compare_graphs, "sequences": sequences.compare_sequences}[domain](
        config, data, model, output, seed
    )


@click.command()
@click.argument("model", type=FILE)
def inspect(model: Path) -> None:
    """Say what a model file holds: its configuration, the data it was made for, its size."""
    from sciml.io.model_file import kind_of, load_model
    from sciml.pde.store import KIND

    inspect_of = {
        KIND: fields.inspect_fields,
        None: fields.inspect_fields,
        "graph generator": graphs.inspect_graphs,
        "sequence generator": sequences.inspect_sequences,
    }
    if (kind := kind_of(model)) in inspect_of:
        return inspect_of[kind](model)
    tensors, description = load_model(model, str(kind))
    click.echo(f"# {kind}; {sum(tensor.numel() for tensor in tensors.values())} numbers")
    click.echo(json.dumps({name: value for name, value in description.items() if name != "kind"}, indent=1))
    return None


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
