"""`sciml distill` of graphs."""

from dataclasses import asdict
from pathlib import Path

from sciml.cli.options import provenance_of, time_left, write_account
from sciml.config.base import read_config
from sciml.config.graph_settings import GraphDistillationJob


def distill_graphs(
    config: Path,
    data: Path,
    model: Path,
    output: Path,
    seed: int,
    run_directory: Path,
    manifest: Path | None,
    events: Path | None,
    time_limit: float | None,
) -> None:
    """`sciml distill` of graphs."""
    job = read_config(GraphDistillationJob, config)
    from sciml.graphs.data.store import load_graphs, load_properties
    from sciml.graphs.distill import distill_generator
    from sciml.graphs.store import load_generator, save_generator
    from sciml.io.fetch import sha256
    from sciml.io.zarr_store import dataset_digest
    from sciml.training.fingerprint import fingerprint

    teacher, made_of = load_generator(model)
    plain, digest = job.model_dump(mode="json") | {"teacher": sha256(model)}, dataset_digest(data)
    origin = provenance_of(plain, digest, seed)
    made = distill_generator(
        teacher,
        job.student,
        load_graphs(data, "train"),
        seed=seed,
        run_directory=run_directory,
        fingerprint=fingerprint(plain, digest, seed),
        time_limit=time_left(time_limit),
        properties=load_properties(data, "train"),
        origin=str(model),
    )
    save_generator(output, made.generator, made_of)
    parameters = sum(parameter.numel() for parameter in made.generator.parameters())
    write_account(manifest, events, made.run, {**origin, **asdict(made.report), "parameters": parameters})
