"""Where each number comes from: a row a run."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sciml.report.columns import score_crps
from sciml.report.grouping import AnyRun, Dataset
from sciml.report.numbers import MISSING, TIMES, count, number, whole
from sciml.report.runs import Run

Cells = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Origin:
    """A run's row: columns as (head, text), and what unfolds: full identities as (name, text) and the configuration."""

    directory: str
    cells: Cells
    identities: Cells
    config: str


@dataclass(frozen=True)
class Origins:
    """The rows of one domain."""

    title: str
    rows: tuple[Origin, ...]


def field_scores(run: Run) -> Cells:
    """What a run on PDE fields was scored by, before the average over seeds."""
    main = run.main
    error = number(main.mse) + (f" ± {number(run.error_mean_se)}" if math.isfinite(run.error_mean_se) else "")
    return (
        ("solver", main.solver),
        (f"windows {TIMES} samples", f"{main.windows} {TIMES} {main.members}"),
        ("MSE", error),
        ("CRPS", number(score_crps(main))),
    )


def origin(run: AnyRun, scores: Cells) -> Origin:
    """Provenance of one run.

    Args:
        run: any.
        scores: its own numbers, before they were averaged over seeds, as (head, text).
    """
    manifest = run.manifest
    cells = (
        ("data", manifest.data_sha256[:10]),
        ("commit", (manifest.git_commit or MISSING)[:10]),
        ("seed", str(run.seed)),
        *scores,
        ("device", manifest.device),
        ("threads", whole(manifest.threads)),
        ("precision", manifest.precision or MISSING),
        ("steps", whole(manifest.steps)),
        ("parameters", count(manifest.parameters)),
        ("CPU s", number(manifest.cpu_seconds)),
        ("wall s", number(manifest.wall_seconds)),
    )
    versions = ", ".join(f"{name} {version}" for name, version in sorted(manifest.versions.items()))
    identities = (
        ("data sha256", manifest.data_sha256),
        ("commit", manifest.git_commit or MISSING),
        ("started", manifest.started),
        ("versions", versions),
    )
    return Origin(short(run.directory), cells, identities, json.dumps(manifest.config, indent=1, ensure_ascii=False))


def short(directory: Path) -> str:
    """DOMAIN/DATASET/MODEL/seed-N of RESULTS/DOMAIN/DATASET/MODEL/seed-N."""
    return "/".join(directory.parts[-4:])


def newest(runs: Sequence[AnyRun]) -> str:
    """When the last run started."""
    started = max(run.manifest.started for run in runs)
    try:
        return datetime.fromisoformat(started).strftime("%Y-%m-%d %H:%M %Z").strip()
    except ValueError:
        return started


def commits(runs: Sequence[AnyRun]) -> str:
    """The commit of all runs, or how many there are."""
    found = sorted({run.manifest.git_commit or "unknown" for run in runs})
    return found[0] if len(found) == 1 else f"{len(found)} different ones, see Provenance"


def doubts(datasets: Sequence[Dataset[AnyRun]]) -> list[str]:
    """What makes numbers of one table hard to compare: other data, seeds of unlike number."""
    notes = []
    for dataset in datasets:
        if len({run.manifest.data_sha256 for run in dataset.runs}) > 1:
            notes.append(f"{dataset.name}: the models were not trained on the same data (data sha256 differ).")
        trained = [model for model in dataset.models if model.first.trained]
        if len({len(model.runs) for model in trained}) > 1:
            seeds = ", ".join(f"{model.name} {len(model.runs)}" for model in trained)
            notes.append(f"{dataset.name}: trained models differ in their number of seeds ({seeds}).")
    return notes


def unlike_tests(datasets: Sequence[Dataset[Run]]) -> list[str]:
    """Data sets of fields whose models were scored on unlike numbers of windows."""
    return [
        f"{dataset.name}: the models were not scored on the same number of test windows."
        for dataset in datasets
        if len({run.main.windows for run in dataset.runs}) > 1
    ]
