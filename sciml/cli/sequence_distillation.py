"""`sciml distill` of sequences."""

from dataclasses import asdict
from pathlib import Path

from sciml.cli.options import provenance_of, time_left, write_account
from sciml.config.base import read_config
from sciml.config.sequence_settings import SequenceDistillationJob


def distill_sequences(
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
    """`sciml distill` of sequences."""
    job = read_config(SequenceDistillationJob, config)
    from sciml.io.fetch import sha256
    from sciml.io.zarr_store import dataset_digest
    from sciml.sequences.data.store import load_sequences
    from sciml.sequences.distill import distill
    from sciml.sequences.evaluate import check_makes
    from sciml.sequences.store import load_generator, save_generator
    from sciml.training.fingerprint import fingerprint

    teacher, made_of = load_generator(model)
    sequences = load_sequences(data, "train")
    check_makes(teacher, sequences, str(model), data)
    plain, digest = job.model_dump(mode="json") | {"teacher": sha256(model)}, dataset_digest(data)
    origin = provenance_of(plain, digest, seed)
    made = distill(
        teacher,
        made_of,
        job.student,
        sequences,
        seed=seed,
        run_directory=run_directory,
        fingerprint=fingerprint(plain, digest, seed),
        time_limit=time_left(time_limit),
        origin=str(model),
    )
    save_generator(output, made.generator, made_of)
    parameters = sum(parameter.numel() for parameter in made.generator.parameters())
    facts = {"parameters": parameters, "learned": made.learned}
    write_account(manifest, events, made.run, {**origin, **asdict(made.report), **facts})
