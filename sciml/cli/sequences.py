"""What the verbs do with sequences: those that only sequences have, and the part of the others that is theirs."""

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sciml.cli.options import CONFIG, DATA, FILE, MODEL, OUTPUT, SEED, provenance_of, write_account, write_json
from sciml.config.base import read_config, to_yaml
from sciml.config.sequence_settings import (
    FineTuningJob,
    OracleJob,
    SequenceComparisonJob,
    SequenceDataJob,
    SequenceEvaluationJob,
    SequenceTrainingJob,
)
from sciml.io.errors import InputError

if TYPE_CHECKING:
    from sciml.denoisers.reward import Reward
    from sciml.sequences.data.sequence_set import SequenceSet

log = logging.getLogger(__name__)
RUN = click.option("--run-directory", type=FILE, help="Where checkpoints and events live; beside the output by default.")
MANIFEST = click.option("--manifest", type=FILE, help="Also write where the model comes from, as JSON.")
EVENTS = click.option("--events", type=FILE, help="Also write the events of the training, as JSON lines.")
LIMIT = click.option(
    "--time-limit", type=click.FloatRange(min=0, min_open=True), help="Wall seconds after which to save and stop."
)


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
        time_limit=time_limit,
    )
    save_generator(output, trained.generator, job.model)
    write_account(manifest, events, trained.run, {**origin, **asdict(trained.report), "parameters": trained.parameters})


def compare_sequences(config: Path, data: Path, model: Path, output: Path, seed: int) -> None:
    """`sciml compare` of sequences."""
    job = read_config(SequenceComparisonJob, config)
    from sciml.sequences.compare import compare_samplers
    from sciml.sequences.store import load_generator

    rows = compare_samplers(load_generator(model)[0], job, data, seed=seed, origin=str(model))
    write_json(output, {"seed": seed, "rows": rows})


def inspect_sequences(model: Path) -> None:
    """`sciml inspect` of a generator of sequences."""
    from sciml.sequences.store import load_generator

    generator, config = load_generator(model)
    parameters = sum(parameter.numel() for parameter in generator.parameters())
    click.echo(f"# {parameters} parameters; makes sequences of {generator.length} letters of {generator.alphabet}")
    click.echo(to_yaml(config), nl=False)


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
        time_limit=time_limit,
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
    from sciml.sequences.finetune import finetune as tune
    from sciml.sequences.store import load_generator, save_generator
    from sciml.training.fingerprint import fingerprint

    chosen, (generator, made_of) = reward_named(reward), load_generator(model)
    # Judges and model know the training set, so the bands are of sequences that they do not, where there are any.
    real = load_sequences(data, "validation" if summary(data)["sequences"]["validation"] else "train")
    if (generator.alphabet, generator.length) != (real.alphabet, real.length):
        raise InputError(f"{model}: makes {generator.length} letters of {generator.alphabet}, {data} holds other sequences")
    known = _judges(judges, real, data)
    plain = job.model_dump(mode="json") | _identity(reward) | {"model": sha256(model)}
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
        time_limit=time_limit,
    )
    save_generator(output, tuned.generator, made_of)
    if tuned.alarm:
        log.warning("stopped at step %d: %s", tuned.report.steps, tuned.alarm)
    facts = {"alarm": tuned.alarm, "weights_of_step": tuned.step, "alpha": tuned.alpha}
    facts |= {"soft_hard_gap": tuned.gap, "path_divergence": tuned.divergence}
    facts["parameters"] = sum(parameter.numel() for parameter in tuned.generator.parameters())
    write_account(manifest, events, tuned.run, {**origin, **asdict(tuned.report), **facts})


def _judges(judges: tuple[Path, ...], real: "SequenceSet", data: Path) -> "dict[str, Reward]":
    """Held-out oracles by the names of their files.

    Raises:
        InputError: names that are the same, or oracles of other letters.
    """
    from sciml.sequences.oracles.store import load_oracle

    known = {judge.stem: load_oracle(judge) for judge in judges}
    if len(known) < len(judges):
        raise InputError(f"`--judge`: files must have different names, got {', '.join(map(str, judges))}")
    for judge, found in zip(judges, known.values(), strict=True):
        if found.alphabet != real.alphabet:
            raise InputError(f"{judge}: judges letters of {found.alphabet}, {data} holds {real.alphabet}")
    return dict(known)


def sample_sequences(config: Path, model: Path, output: Path, seed: int, export: Path | None, reward: str | None) -> None:
    """`sciml sample` of sequences."""
    job = read_config(SequenceEvaluationJob, config)
    from sciml.sequences.samples import export_samples, write_samples
    from sciml.sequences.sampling import sample_sequences as draw
    from sciml.sequences.store import load_generator

    generator, _ = load_generator(model)
    chosen = reward_named(reward) if reward else None
    sampled = draw(generator, job.evaluation.sampling, chosen, seed=seed, origin=str(model))
    write_samples(output, sampled, seed=seed, origin=model.name)
    if export:
        export_samples(export, sampled.generated.sequences)
    log.info("%d sequences by %s", len(sampled.generated.sequences), sampled.label)


def score_sequences(
    config: Path,
    data: Path,
    samples: Path,
    output: Path,
    seed: int,
    examples: Path | None,
    oracles: dict[str, str],
    pretrained: Path | None,
    manifest: Path | None,
    name: tuple[str, str],
) -> None:
    """`sciml score` of sequences."""
    job = read_config(SequenceEvaluationJob, config)
    from sciml.sequences.evaluate import evaluate_samples
    from sciml.sequences.store import load_generator

    found = evaluate_samples(
        job.evaluation,
        data,
        samples,
        oracles={title: reward_named(reward) for title, reward in oracles.items()},
        pretrained=load_generator(pretrained)[0] if pretrained else None,
        seed=seed,
    )
    tuned = json.loads(manifest.read_text()) if manifest else {}
    steered = job.evaluation.sampling.steering
    settings = tuned.get("config", {}).get("finetuning", {})
    dataset, title = name
    write_json(
        output,
        {
            "domain": "sequences",
            "dataset": dataset or data.stem,
            "model": title or samples.parent.name,
            "seed": seed,
            "kind": "finetuned" if tuned else "pretrained" if steered.method == "none" else "steered",
            "settings": settings or (steered.model_dump(mode="json") if steered.method != "none" else {}),
            **{key: tuned.get(key) for key in ("path_divergence", "soft_hard_gap", "alpha")},
            "alarm": tuned.get("alarm", ""),
            **found.plain,
        },
    )
    if examples:
        write_json(examples, found.examples)


def reward_named(name: str) -> "Reward":
    """The oracle of a file, or a function by its dotted name.

    Raises:
        InputError: neither.
    """
    from sciml.sequences.oracles.reward import imported_reward
    from sciml.sequences.oracles.store import load_oracle

    return imported_reward(name) if ":" in name and not Path(name).exists() else load_oracle(Path(name))


def _identity(reward: str) -> dict[str, Any]:
    """What a reward is, so that another one, or other code of the same name, makes another run."""
    from sciml.io.fetch import sha256
    from sciml.sequences.oracles.reward import source_digests

    if Path(reward).is_file():
        return {"reward": sha256(reward)}
    return {"reward": reward, "reward_sha256": source_digests(reward)}
