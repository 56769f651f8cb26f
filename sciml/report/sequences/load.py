"""Reading runs on sequences: evaluation.json, examples.json, manifest.json, events.jsonl, perhaps solvers.json; oracles."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from sciml.io.errors import InputError
from sciml.report.grouping import Array, Manifest
from sciml.report.history import read_history
from sciml.report.manifest import read_manifest
from sciml.report.record import Record, read_record
from sciml.report.sequences.load_scores import estimate, read_score, read_solver_scores, texts
from sciml.report.sequences.runs import KINDS, Examples, Facts, Logo, Oracle, SequenceRun, Sites
from sciml.report.sequences.scores import MISSING, Estimate

_QUALITIES = ("auc", "auc_shuffles", "spearman", "pearson")
_COUNTS = ("positives", "negatives", "sequences")
_UNTRAINED: Array = np.zeros((0, 2))

Evaluations = Sequence[tuple[Path, Record]]


def load_sequence_runs(directories: Sequence[Path]) -> list[SequenceRun]:
    """Everything the report needs of these runs. What is steered comes from the pretrained model of its seed among them.

    Raises:
        InputError: naming file and key.
    """
    evaluations = [(directory, read_record(directory / "evaluation.json")) for directory in directories]
    pretrained = _pretrained(evaluations)
    return [_run(directory, evaluation, pretrained) for directory, evaluation in evaluations]


def _pretrained(evaluations: Evaluations) -> dict[tuple[str, int], Manifest]:
    found: dict[tuple[str, int], Manifest] = {}
    for directory, evaluation in evaluations:
        if _kind(evaluation) == "pretrained":
            key = evaluation.text("dataset"), evaluation.integer("seed")
            found.setdefault(key, read_manifest(directory / "manifest.json"))
    return found


def _kind(evaluation: Record) -> str:
    kind = evaluation.text("kind")
    if kind not in KINDS:
        raise InputError(f"{evaluation.file}: `kind` must be {', '.join(KINDS[:-1])} or {KINDS[-1]}, got {kind[:60]!r}")
    return kind


def _run(directory: Path, evaluation: Record, pretrained: dict[tuple[str, int], Manifest]) -> SequenceRun:
    trained = _kind(evaluation) != "steered"
    facts = _facts(evaluation.record("data"))
    return SequenceRun(
        directory=directory,
        dataset=evaluation.text("dataset"),
        model=evaluation.text("model"),
        seed=evaluation.integer("seed"),
        description=evaluation.text_or_none("description"),
        manifest=read_manifest(directory / "manifest.json") if trained else _borrowed(evaluation, pretrained),
        training=read_history(directory / "events.jsonl") if trained else _UNTRAINED,
        kind=evaluation.text("kind"),
        settings=evaluation.mapping("settings"),
        facts=facts,
        solver=evaluation.text("solver"),
        nfe=evaluation.number("nfe"),
        seconds_per_sequence=evaluation.number("seconds_per_sequence"),
        label=evaluation.text_or_none("label"),
        divergence=_optional(evaluation, "path_divergence"),
        gap=evaluation.number("soft_hard_gap"),
        alarm=evaluation.text("alarm"),
        alpha=evaluation.number("alpha"),
        nll=_optional(evaluation, "nll"),
        score=read_score(evaluation.record("scores")),
        compared=read_solver_scores(directory / "solvers.json"),
        examples=_examples(read_record(directory / "examples.json"), facts),
        oracles=_oracles(directory.parent.parent / "oracles" / directory.name),
    )


def _borrowed(evaluation: Record, pretrained: dict[tuple[str, int], Manifest]) -> Manifest:
    """The origin of the model that is steered, without the cost of its training, which is counted once."""
    key = evaluation.text("dataset"), evaluation.integer("seed")
    if key not in pretrained:
        raise InputError(
            f"{evaluation.file}: a steered run comes with the pretrained one of its seed, but none of `dataset` {key[0]!r} "
            f"and `seed` {key[1]} is reported"
        )
    settings = evaluation.mapping("settings")
    return replace(pretrained[key], config=settings, cpu_seconds=0.0, wall_seconds=0.0, steps=math.nan)


def _facts(record: Record) -> Facts:
    counts, digests = record.record("sequences"), record.any("source_sha256")
    named = digests if isinstance(digests, dict) else {} if digests is None else {"source": digests}
    return Facts(
        counts={split: counts.integer(split) for split in ("train", "validation", "test")},
        length=record.integer("length"),
        alphabet=record.text("alphabet"),
        sources={str(name): str(digest) for name, digest in named.items()},
    )


def _optional(record: Record, key: str) -> Estimate:
    return MISSING if record.any(key) is None else estimate(record.record(key))


def _examples(record: Record, facts: Facts) -> Examples:
    logos = (
        Logo(
            name=logo.text("name"),
            identity=logo.text_or_none("identity"),
            generated=_sites(logo.record("generated"), len(facts.alphabet)),
            real=_sites(logo.record("real"), len(facts.alphabet)),
        )
        for logo in record.records("logos")
    )
    return Examples(texts(record, "generated"), texts(record, "real"), tuple(logos))


def _sites(record: Record, letters: int) -> Sites:
    rows = record.any("counts")
    fits = isinstance(rows, list) and len(rows) == letters and all(_whole_numbers(row) for row in rows)
    if not fits or len({len(row) for row in rows}) != 1 or not rows[0]:
        raise InputError(
            f"{record.file}: `{record.where}.counts` must be {letters} rows of as many whole numbers, got {str(rows)[:60]!r}"
        )
    return Sites(np.array(rows, dtype=np.float64), record.integer("sites"), record.integer("sequences"))


def _whole_numbers(row: object) -> bool:
    return isinstance(row, list) and all(isinstance(k, int) and not isinstance(k, bool) and k >= 0 for k in row)


def _oracles(folder: Path) -> tuple[Oracle, ...]:
    """Those whose quality was written, in the order of their names."""
    return tuple(_oracle(read_record(file)) for file in sorted(folder.glob("*.json")))


def _oracle(record: Record) -> Oracle:
    quality = record.record("quality")
    return Oracle(
        name=record.text("oracle"),
        qualities={name: estimate(quality.record(name)) for name in _QUALITIES if name in quality.values},
        counts={name: quality.integer(name) for name in _COUNTS if name in quality.values},
        parameters=record.number("parameters"),
        cpu_seconds=record.number("cpu_seconds"),
    )
