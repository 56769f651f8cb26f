"""`sciml sample` and `sciml score` of sequences."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sciml.cli.account import origin_of
from sciml.cli.options import write_json
from sciml.cli.rewards import reward_named, rewards_named
from sciml.cli.several import leads
from sciml.config.base import read_config
from sciml.config.sequence_settings import SequenceEvaluationJob

if TYPE_CHECKING:
    from sciml.config.sequence_settings import SteeringConfig

log = logging.getLogger(__name__)
UNKNOWN = {"path_divergence": None, "soft_hard_gap": None, "alpha": None, "alarm": ""}  # but of what was fine-tuned


def sample_sequences(config: Path, model: Path, output: Path, seed: int, export: Path | None, reward: str | None) -> None:
    """`sciml sample` of sequences."""
    job = read_config(SequenceEvaluationJob, config)
    from sciml.sequences.oracles.abilities import check_reads
    from sciml.sequences.samples import export_samples, write_samples
    from sciml.sequences.sampling import sample_sequences as draw
    from sciml.sequences.store import load_generator

    generator, _ = load_generator(model)
    chosen = reward_named(reward) if reward else None
    if chosen is not None:
        check_reads(chosen, generator.alphabet, generator.length, f"--reward {reward}")
    sampled = draw(generator, job.evaluation.sampling, chosen, seed=seed, origin=str(model))
    if not leads():
        return
    if export:
        export_samples(export, sampled.generated.sequences)
    made_by = origin_of(output, job.model_dump(mode="json"), None, seed)
    write_samples(output, sampled, seed=seed, origin=model.name, made_by=made_by)
    log.info("%d sequences by %s", len(sampled.generated.sequences), sampled.label)


def score_sequences(
    config: Path,
    data: Path,
    samples: Path,
    output: Path,
    seed: int,
    examples: Path | None,
    oracles: tuple[str, ...],
    pretrained: Path | None,
    manifest: Path | None,
    name: tuple[str, str],
) -> None:
    """`sciml score` of sequences; `oracles` as NAME=REWARD."""
    job = read_config(SequenceEvaluationJob, config)
    from sciml.io.zarr_store import dataset_digest
    from sciml.sequences.evaluate import evaluate_samples
    from sciml.sequences.store import load_generator

    tuned = _tuned(manifest) if manifest else None
    found = evaluate_samples(
        job.evaluation,
        data,
        samples,
        oracles=rewards_named(oracles),
        pretrained=load_generator(pretrained)[0] if pretrained else None,
        seed=seed,
        origin=str(pretrained),
    )
    if examples:
        write_json(examples, found.examples)
    dataset, title = name
    write_json(
        output,
        {
            "domain": "sequences",
            "dataset": dataset or data.stem,
            "model": title or samples.parent.name,
            "seed": seed,
            "made_by": origin_of(output, job.model_dump(mode="json"), dataset_digest(data), seed),
            **_made_by(found.steering, found.student, tuned),
            **found.plain,
        },
    )


def _tuned(manifest: Path) -> dict[str, Any] | None:
    """What fine-tuning says of itself; nothing, where the manifest is that of training.

    Raises:
        InputError: it is no manifest.
    """
    from sciml.report.record import read_record

    record = read_record(manifest)
    if "weights_of_step" not in record.values:
        return None
    settings = record.record("config").mapping("finetuning")
    return {"kind": "finetuned", "settings": settings, **{key: record.any(key) for key in UNKNOWN}}


def _made_by(steering: "SteeringConfig", student: dict[str, Any] | None, tuned: dict[str, Any] | None) -> dict[str, Any]:
    """What made the samples: of what was steered it is not known what fine-tuning knows of itself."""
    if steering.method != "none":
        return {"kind": "steered", "settings": steering.model_dump(mode="json"), **UNKNOWN}
    if student is not None:
        return {"kind": "student", "settings": student, **UNKNOWN}
    return tuned or {"kind": "pretrained", "settings": {}, **UNKNOWN}
