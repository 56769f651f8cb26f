"""`sciml guide`: what leads a generator of graphs to a value of a property."""

from dataclasses import asdict
from pathlib import Path

import click

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
    provenance_of,
    time_left,
    write_account,
)
from sciml.config.base import read_config
from sciml.config.graph_settings import GraphGuideJob


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
def guide(
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
    """Train a predictor of a property of noisy graphs, which leads a model without `condition` to a value of it.

    The model says how graphs are represented and noised; `sciml sample --guide` takes the result.
    """
    job = read_config(GraphGuideJob, config)
    from sciml.graphs.data.store import load_graphs, load_properties
    from sciml.graphs.guide_store import save_guide
    from sciml.graphs.guide_train import train_guide
    from sciml.graphs.store import load_generator
    from sciml.io.fetch import sha256
    from sciml.io.zarr_store import dataset_digest
    from sciml.training.fingerprint import fingerprint

    generator, made_of = load_generator(model)
    plain, digest = job.model_dump(mode="json") | {"model": sha256(model)}, dataset_digest(data)
    origin = provenance_of(plain, digest, seed)
    trained = train_guide(
        job.guide,
        generator,
        load_graphs(data, "train"),
        seed=seed,
        run_directory=run_directory or output.parent / "run",
        fingerprint=fingerprint(plain, digest, seed),
        time_limit=time_left(time_limit),
        properties=load_properties(data, "train"),
    )
    save_guide(output, trained.guide, job.guide, generator, made_of)
    write_account(manifest, events, trained.run, {**origin, **asdict(trained.report), "parameters": trained.parameters})
