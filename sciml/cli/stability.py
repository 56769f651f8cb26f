"""`sciml stability` and `sciml stabilise`: a reward for stable sequences, and a generator that is fine-tuned for it."""

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import click

from sciml.cli.fold import structure_options
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
from sciml.config.inverse_folding import StabilisingJob, StabilityJob, StructureRules

log = logging.getLogger(__name__)


@click.command()
@CONFIG
@click.option("--data", type=FILE, required=True, help="Table of measured mutations, as of FireProtDB.")
@OUTPUT
@SEED
@click.option("--test", type=FILE, help="Also say how well another such table is predicted, that shares no protein.")
@RUN
@LIMIT
def stability(
    config: Path,
    data: Path,
    output: Path,
    seed: int,
    test: Path | None,
    run_directory: Path | None,
    time_limit: float | None,
) -> None:
    """Train a model of stability changes by mutations, a reward for `sciml stabilise`."""
    job = read_config(StabilityJob, config)
    from sciml.io.fetch import sha256
    from sciml.sequences.stability.mutations import read_mutations
    from sciml.sequences.stability.overlap import refuse_overlap
    from sciml.sequences.stability.quality import stability_quality
    from sciml.sequences.stability.store import save_stability
    from sciml.sequences.stability.train import train_stability
    from sciml.training.fingerprint import fingerprint

    known, unseen = read_mutations(data), read_mutations(test) if test else None
    if unseen is not None:
        refuse_overlap(known, unseen, (str(data), str(test)))
    trained = train_stability(
        job.stability,
        known,
        seed=seed,
        run_directory=run_directory or output.parent / "run",
        fingerprint=fingerprint(job.model_dump(mode="json"), sha256(data), seed),
        time_limit=time_left(time_limit),
    )
    save_stability(output, trained.model)
    if unseen is not None:
        found = stability_quality(trained.model.predict(unseen).double().numpy(), unseen, seed=seed)
        for name, unit in (("spearman", ""), ("rmse", " kcal/mol")):
            click.echo(
                f"{name} {_told(found[name]['value'])}{unit}, of {len(unseen)} mutations of {found['proteins']} proteins"
            )


def _told(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"


@click.command()
@CONFIG
@click.option("--model", type=FILE, required=True, help="Made by `sciml fold`.")
@click.option("--reward", type=FILE, required=True, help="Made by `sciml stability`.")
@structure_options
@OUTPUT
@SEED
@RUN
@MANIFEST
@EVENTS
@LIMIT
def stabilise(
    config: Path,
    model: Path,
    reward: Path,
    structure: Path,
    chain: str | None,
    missing: Literal["refuse", "drop"],
    modified: Literal["refuse", "parent", "drop"],
    output: Path,
    seed: int,
    run_directory: Path | None,
    manifest: Path | None,
    events: Path | None,
    time_limit: float | None,
) -> None:
    """Fine-tune a generator of sequences for the stability of one structure (DRAKES)."""
    job = read_config(StabilisingJob, config)
    from sciml.io.digest import digest
    from sciml.io.fetch import sha256
    from sciml.sequences.finetune import finetune
    from sciml.sequences.stability.reward import StabilityReward
    from sciml.sequences.stability.store import load_stability
    from sciml.sequences.structures.exposure import relative_exposure
    from sciml.sequences.structures.pdb import read_backbone
    from sciml.sequences.structures.store import load_folder, save_folder
    from sciml.sequences.structures.train import generator_for
    from sciml.training.fingerprint import fingerprint

    rules = StructureRules(missing=missing, modified=modified)
    backbone, (denoiser, made_of) = read_backbone(structure, chain, rules), load_folder(model)
    changes = load_stability(reward).changes(backbone.letters, relative_exposure(structure, chain, rules).tolist())
    plain = job.model_dump(mode="json") | {"chain": chain, "rules": rules.model_dump(mode="json")}
    content = digest([sha256(path) for path in (model, reward, structure)])
    origin = provenance_of(plain, content, seed)
    tuned = finetune(
        generator_for(denoiser, backbone, made_of.net.neighbours),
        job.finetuning,
        StabilityReward(changes),
        seed=seed,
        run_directory=run_directory or output.parent / "run",
        fingerprint=fingerprint(plain, content, seed),
        time_limit=time_left(time_limit),
    )
    save_folder(output, tuned.generator.plain, made_of)
    facts = {"alpha": tuned.alpha, "soft_hard_gap": tuned.gap, "path_divergence": tuned.divergence}
    log.info("its paths are %.1f nats from the pretrained ones", tuned.divergence["value"])
    write_account(manifest, events, tuned.run, {**origin, **asdict(tuned.report), **facts})
