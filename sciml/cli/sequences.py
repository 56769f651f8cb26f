"""What the verbs do with sequences: prepare, train, compare, inspect."""

from dataclasses import asdict
from pathlib import Path

import click

from sciml.cli.account import origin_of
from sciml.cli.options import provenance_of, time_left, write_account, write_json
from sciml.cli.several import leads
from sciml.config.base import read_config, to_yaml
from sciml.config.sequence_settings import SequenceComparisonJob, SequenceDataJob, SequenceTrainingJob


def prepare_sequences(config: Path, output: Path, source: Path | None) -> None:
    """`sciml prepare` of sequences; `source` is the folder of public files, where the data is made of such."""
    from sciml.sequences.data.catalog import prepare_sequences as prepare

    prepare(read_config(SequenceDataJob, config).data, output, source)


def train_sequences(
    config: Path,
    data: Path,
    output: Path,
    seed: int,
    run_directory: Path,
    manifest: Path | None,
    events: Path | None,
    time_limit: float | None,
) -> None:
    """`sciml train` of sequences."""
    job = read_config(SequenceTrainingJob, config)
    from sciml.io.zarr_store import dataset_digest
    from sciml.sequences.data.store import load_sequences
    from sciml.sequences.store import save_generator
    from sciml.sequences.train import train_generator
    from sciml.training.fingerprint import fingerprint

    plain, digest = job.model_dump(mode="json"), dataset_digest(data)
    origin = provenance_of(plain, digest, seed)
    trained = train_generator(
        job.model,
        load_sequences(data, "train"),
        seed=seed,
        run_directory=run_directory,
        fingerprint=fingerprint(plain, digest, seed),
        time_limit=time_left(time_limit),
    )
    if not leads():
        return
    save_generator(output, trained.generator, job.model)
    write_account(manifest, events, trained.run, {**origin, **asdict(trained.report), "parameters": trained.parameters})


def compare_sequences(config: Path, data: Path, model: Path, output: Path, seed: int) -> None:
    """`sciml compare` of sequences."""
    job = read_config(SequenceComparisonJob, config)
    from sciml.io.zarr_store import dataset_digest
    from sciml.sequences.compare import compare_samplers
    from sciml.sequences.store import load_generator

    rows = compare_samplers(load_generator(model)[0], job, data, seed=seed, origin=str(model))
    if leads():
        made_by = origin_of(output, job.model_dump(mode="json"), dataset_digest(data), seed)
        write_json(output, {"seed": seed, "rows": rows, "made_by": made_by})


def inspect_sequences(model: Path) -> None:
    """`sciml inspect` of a generator of sequences."""
    from sciml.sequences.store import load_generator

    generator, config = load_generator(model)
    parameters = sum(parameter.numel() for parameter in generator.parameters())
    click.echo(f"# {parameters} parameters; makes sequences of {generator.length} letters of {generator.alphabet}")
    click.echo(to_yaml(config), nl=False)
    if generator.student is not None:
        click.echo("# distilled; it samples by steps of its own")
        click.echo(to_yaml(generator.student.config), nl=False)
