"""`sciml distill`: a student that does in a few network calls what a model does in many."""

from dataclasses import asdict
from pathlib import Path

import click

from sciml.cli.graph_distillation import distill_graphs
from sciml.cli.options import (
    CONFIG,
    DATA,
    EVENTS,
    LIMIT,
    MANIFEST,
    MODEL,
    OUTPUT,
    RUN,
    SEED,
    domain_of,
    provenance_of,
    time_left,
    write_account,
)
from sciml.cli.sequence_distillation import distill_sequences
from sciml.config.base import read_config
from sciml.config.jobs import DistillationJob


@click.command()
@CONFIG
@DATA
@MODEL
@OUTPUT
@SEED
@RUN
@MANIFEST
@EVENTS
@LIMIT
def distill(
    config: Path,
    data: Path,
    model: Path,
    output: Path,
    seed: int,
    run_directory: Path | None,
    manifest: Path | None,
    events: Path | None,
    time_limit: float | None,
) -> None:
    """Train a student of a model, which does in a few network calls what that does in many."""
    run_directory = run_directory or output.parent / "run"
    if (domain := domain_of(config)) != "fields":
        of_domain = {"graphs": distill_graphs, "sequences": distill_sequences}[domain]
        return of_domain(config, data, model, output, seed, run_directory, manifest, events, time_limit)
    job = read_config(DistillationJob, config)
    from sciml.io.fetch import sha256
    from sciml.io.zarr_store import dataset_digest
    from sciml.pde.distill import distill_forecaster
    from sciml.pde.store import load_forecaster, save_forecaster

    teacher, training = load_forecaster(model)
    digest = sha256(model)
    origin = provenance_of(job.model_dump(mode="json") | {"teacher": digest}, dataset_digest(data), seed)
    made = distill_forecaster(
        teacher,
        job,
        data,
        seed=seed,
        run_directory=run_directory,
        digest=digest,
        time_limit=time_left(time_limit),
        origin=str(model),
    )
    save_forecaster(output, made.forecaster, training)
    assert made.report is not None
    facts = {**origin, **asdict(made.report), "cpu_seconds": made.cpu_seconds, "wall_seconds": made.wall_seconds}
    write_account(manifest, events, made.run, facts | {"parameters": made.parameters})
