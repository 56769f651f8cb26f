"""The verbs that only sequences have: train an oracle, and fine-tune a generator for a reward."""

import logging
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sciml.cli.options import (
    CONFIG,
    DATA,
    EVENTS,
    FILE,
    LIMIT,
    MANIFEST,
    MODEL,
    OUTPUT,
    RUN,
    SEED,
    provenance_of,
    time_left,
    write_account,
    write_json,
)
from sciml.cli.rewards import identity, reward_named
from sciml.config.base import read_config
from sciml.config.sequence_settings import FineTuningJob, OracleJob
from sciml.io.errors import InputError

if TYPE_CHECKING:
    from sciml.denoisers.reward import Reward
    from sciml.sequences.data.sequence_set import SequenceSet

log = logging.getLogger(__name__)


@click.command()
@CONFIG
@DATA
@click.option("--member", type=click.Choice(["first", "second", "third", "masked"]), default="first", show_default=True)
@OUTPUT
@SEED
@click.option("--quality", type=FILE, help="Also write how well it predicts the half that it did not see, as JSON.")
@RUN
@LIMIT
def oracle(
    config: Path,
    data: Path,
    member: str,
    output: Path,
    seed: int,
    quality: Path | None,
    run_directory: Path | None,
    time_limit: float | None,
) -> None:
    """Train a reward oracle on one half of the chromosomes.

    The first is for optimising; the second and the third, of the other half, judge what comes of it; `masked`, which reads
    masked states too, is for classifier guidance.
    """
    job = read_config(OracleJob, config)
    if member == "masked" and job.oracles.target.task != "classes":
        raise InputError(f"{config}: --member masked needs `oracles.target.task` classes, got {job.oracles.target.task}")
    from sciml.io.zarr_store import dataset_digest
    from sciml.sequences.data.store import load_sequences
    from sciml.sequences.oracles.panel import train_member
    from sciml.sequences.oracles.store import save_oracle
    from sciml.training.fingerprint import fingerprint

    plain, digest = job.model_dump(mode="json"), dataset_digest(data)
    found = train_member(
        member,
        job.oracles,
        load_sequences(data, "train"),
        seed=seed,
        run_directory=run_directory or output.parent / "run",
        fingerprint=fingerprint(plain | {"member": member}, digest, seed),
        time_limit=time_left(time_limit),
    )
    save_oracle(output, found.trained.oracle)
    if quality:
        facts = {"parameters": found.trained.parameters, "cpu_seconds": found.trained.cpu_seconds}
        write_json(quality, {"oracle": member, "quality": found.quality, **facts})


@click.command()
@CONFIG
@DATA
@MODEL
@click.option("--reward", required=True, help="An oracle's file, or package.module:function of your own.")
@click.option("--judge", "judges", type=FILE, multiple=True, help="Held-out oracles, that may stop the tuning; repeatable.")
@OUTPUT
@SEED
@RUN
@MANIFEST
@EVENTS
@LIMIT
def finetune(
    config: Path,
    data: Path,
    model: Path,
    reward: str,
    judges: tuple[Path, ...],
    output: Path,
    seed: int,
    run_directory: Path | None,
    manifest: Path | None,
    events: Path | None,
    time_limit: float | None,
) -> None:
    """Fine-tune a generator of sequences for a reward, by the reward's gradient through its sampling (DRAKES)."""
    job = read_config(FineTuningJob, config)
    from sciml.io.fetch import sha256
    from sciml.io.zarr_store import dataset_digest
    from sciml.sequences.data.store import load_sequences, summary
    from sciml.sequences.evaluate import check_makes
    from sciml.sequences.finetune import finetune as tune
    from sciml.sequences.oracles.abilities import check_reads, reads_whole_letters_only
    from sciml.sequences.store import load_generator, save_generator
    from sciml.training.fingerprint import fingerprint

    chosen, (generator, made_of) = reward_named(reward), load_generator(model)
    check_reads(chosen, generator.alphabet, generator.length, f"--reward {reward}")
    if reads_whole_letters_only(chosen):
        raise InputError(f"--reward {reward}: an oracle of kind features has no gradient, which fine-tuning follows")
    # Judges and model know the training set, so the bands are of sequences that they do not, where there are any.
    real = load_sequences(data, "validation" if summary(data)["sequences"]["validation"] else "train")
    check_makes(generator, real, str(model), data)
    known = _judges(judges, real, reward)
    plain = job.model_dump(mode="json") | identity(reward) | {"model": sha256(model)}
    plain["judges"] = [sha256(judge) for judge in judges]
    digest = dataset_digest(data)
    origin = provenance_of(plain, digest, seed)
    tuned = tune(
        generator,
        job.finetuning,
        chosen,
        judges=known,
        real=real,
        seed=seed,
        run_directory=run_directory or output.parent / "run",
        fingerprint=fingerprint(plain, digest, seed),
        time_limit=time_left(time_limit),
    )
    save_generator(output, tuned.generator, made_of)
    if tuned.alarm:
        log.warning("stopped at step %d: %s", tuned.report.steps, tuned.alarm)
    facts = {"alarm": tuned.alarm, "weights_of_step": tuned.step, "alpha": tuned.alpha}
    facts |= {"soft_hard_gap": tuned.gap, "path_divergence": tuned.divergence}
    facts["parameters"] = sum(parameter.numel() for parameter in tuned.generator.parameters())
    write_account(manifest, events, tuned.run, {**origin, **asdict(tuned.report), **facts})


def _judges(judges: tuple[Path, ...], real: "SequenceSet", reward: str) -> "dict[str, Reward]":
    """Held-out oracles by the names of their files.

    Raises:
        InputError: names that are the same, oracles of other sequences or of masked states, or the reward itself.
    """
    from sciml.io.fetch import sha256
    from sciml.sequences.oracles.abilities import check_reads, reads_masked
    from sciml.sequences.oracles.store import load_oracle

    known: dict[str, Reward] = {judge.stem: load_oracle(judge) for judge in judges}
    if len(known) < len(judges):
        raise InputError(f"`--judge`: files must have different names, got {', '.join(map(str, judges))}")
    optimised = sha256(reward) if Path(reward).is_file() else None
    for judge, found in zip(judges, known.values(), strict=True):
        check_reads(found, real.alphabet, real.length, str(judge))
        if reads_masked(found):
            raise InputError(f"{judge}: a judge must be an oracle of whole sequences, got one made with --member masked")
        if sha256(judge) == optimised:
            raise InputError(f"{judge}: a judge must be another oracle than the reward, {reward}")
    return known
