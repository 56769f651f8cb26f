"""`sciml fold` and `sciml design`: a generator of sequences for backbones, and sequences for one."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import click

from sciml.cli.options import (
    CONFIG,
    EVENTS,
    FILE,
    LIMIT,
    MANIFEST,
    OUTPUT,
    RUN,
    SEED,
    provenance_of,
    time_left,
    write_account,
)
from sciml.config.base import read_config
from sciml.config.inverse_folding import FoldingJob, StructureRules
from sciml.config.sequence_settings import SequenceSamplingConfig

Command = Callable[..., Any]


def structure_options(command: Command) -> Command:
    """Which chain of a file is read, and what is done about what it leaves open."""
    for option in (
        click.option("--modified", type=click.Choice(["refuse", "parent", "drop"]), default="refuse", show_default=True),
        click.option("--missing", type=click.Choice(["refuse", "drop"]), default="refuse", show_default=True),
        click.option("--chain", help="Its letter, where there are several."),
        click.option("--structure", type=FILE, required=True, help="PDB file, plain or packed."),
    ):
        command = option(command)
    return command


@click.command()
@CONFIG
@click.option("--structures", type=FILE, required=True, help="Folder of PDB files, with their native sequences.")
@OUTPUT
@SEED
@RUN
@MANIFEST
@EVENTS
@LIMIT
def fold(
    config: Path,
    structures: Path,
    output: Path,
    seed: int,
    run_directory: Path | None,
    manifest: Path | None,
    events: Path | None,
    time_limit: float | None,
) -> None:
    """Train a generator of protein sequences for given backbones (inverse folding)."""
    job = read_config(FoldingJob, config)
    from sciml.io.digest import digest
    from sciml.io.fetch import sha256
    from sciml.sequences.structures.folder import read_backbones, structure_files
    from sciml.sequences.structures.store import save_folder
    from sciml.sequences.structures.train import train_inverse_folding
    from sciml.training.fingerprint import fingerprint

    files = structure_files(structures)
    plain, content = job.model_dump(mode="json"), digest({name: sha256(path) for name, path in files.items()})
    origin = provenance_of(plain, content, seed)
    trained = train_inverse_folding(
        job.model,
        list(read_backbones(files, job.chains, job.rules).values()),
        seed=seed,
        run_directory=run_directory or output.parent / "run",
        fingerprint=fingerprint(plain, content, seed),
        time_limit=time_left(time_limit),
    )
    save_folder(output, trained.denoiser, job.model)
    facts = {"structures": list(files), "parameters": trained.parameters}
    write_account(manifest, events, trained.run, {**origin, **asdict(trained.report), **facts})


@click.command()
@click.option("--model", type=FILE, required=True, help="Made by `sciml fold` or `sciml stabilise`.")
@structure_options
@OUTPUT
@click.option("--count", type=click.IntRange(min=2), default=64, show_default=True, help="Sequences.")
@click.option("--steps", type=click.IntRange(min=1), default=50, show_default=True, help="Of the sampler, a call each.")
@SEED
def design(
    model: Path,
    structure: Path,
    chain: str | None,
    missing: Literal["refuse", "drop"],
    modified: Literal["refuse", "parent", "drop"],
    output: Path,
    count: int,
    steps: int,
    seed: int,
) -> None:
    """Sample sequences for a backbone as FASTA, and say how much of its native sequence they have.

    Of a structure that the model was trained on that says nothing.
    """
    from sciml.sequences.samples import export_samples
    from sciml.sequences.sampling import sample_sequences
    from sciml.sequences.structures.pdb import read_backbone
    from sciml.sequences.structures.recovery import native_recovery
    from sciml.sequences.structures.store import load_folder
    from sciml.sequences.structures.train import generator_for

    denoiser, made_of = load_folder(model)
    backbone = read_backbone(structure, chain, StructureRules(missing=missing, modified=modified))
    generator = generator_for(denoiser, backbone, made_of.net.neighbours)
    settings = SequenceSamplingConfig(count=count, steps=steps)
    made = sample_sequences(generator, settings, seed=seed, origin=str(model)).generated.sequences
    export_samples(output, made)
    found = native_recovery(made.tokens, backbone)
    low, high = found["interval"]
    shares = f"{found['value']:.3f} ({low:.3f} to {high:.3f})"
    click.echo(f"native recovery {shares}; its commonest letter alone would have {found['commonest_letter']:.3f}")
