"""`sciml verify` and `sciml crate`: whether results still hold, and results packed with where they come from."""

import sys
from pathlib import Path
from typing import Any

import click

from sciml.cli.options import FILE, OUTPUT
from sciml.config.base import Config, parse, read_yaml
from sciml.config.graph_settings import (
    GraphComparisonJob,
    GraphDistillationJob,
    GraphEvaluationJob,
    GraphGuideJob,
    GraphTrainingJob,
)
from sciml.config.inverse_folding import FoldingJob, StabilisingJob
from sciml.config.jobs import ComparisonJob, DistillationJob, EvaluationJob, TrainingJob
from sciml.config.sequence_settings import (
    FineTuningJob,
    SequenceComparisonJob,
    SequenceDistillationJob,
    SequenceEvaluationJob,
    SequenceTrainingJob,
)
from sciml.io.errors import InputError

OF_DOMAINS: dict[str, dict[str, type[Config]]] = {
    "train": {"fields": TrainingJob, "graphs": GraphTrainingJob, "sequences": SequenceTrainingJob},
    "evaluate": {"fields": EvaluationJob},
    "compare": {"fields": ComparisonJob, "graphs": GraphComparisonJob, "sequences": SequenceComparisonJob},
    **{verb: {"graphs": GraphEvaluationJob, "sequences": SequenceEvaluationJob} for verb in ("sample", "score")},
    "distill": {"fields": DistillationJob, "graphs": GraphDistillationJob, "sequences": SequenceDistillationJob},
}
JOBS: dict[str, type[Config]] = {
    "guide": GraphGuideJob,
    "finetune": FineTuningJob,
    "fold": FoldingJob,
    "stabilise": StabilisingJob,
}
FOLDER = click.argument("folder", type=FILE)


@click.command()
@FOLDER
@click.option("--results-only", is_flag=True, help="Pass over inputs outside the folder, such as data that is elsewhere.")
def verify(folder: Path, results_only: bool) -> None:
    """Re-check every manifest below a folder: files, settings, data, versions.

    Names what is missing, torn (not as it was written), stale (made from something else than what is there now) or made by
    other versions, a line each. Exit code 0 if all holds, 1 if something does not.
    """
    from sciml.io.verify import verify as check

    found = check(folder, settings_of, inputs=not results_only)
    for finding in found.findings:
        click.echo(f"{finding.kind:7} {finding.path}: {finding.text}")
    problems = f"{len(found.findings)} problems" if found.findings else "all holds"
    click.echo(f"{len(found.manifests)} manifests, {found.files} files: {problems}")
    if found.findings:
        sys.exit(1)


@click.command()
@FOLDER
@OUTPUT
@click.option("--licence", default="not stated", show_default=True, help="Of the results, such as the address of one.")
def crate(folder: Path, output: Path, licence: str) -> None:
    """Pack results as an RO-Crate: each file with its sha256, and the command that made it from what.

    The output is a folder, or a .zip file. Checkpoints are left out. Needs the package rocrate.
    """
    from sciml.io.crate import write_crate

    write_crate(folder, output, licence)


def settings_of(path: Path, verb: str) -> dict[str, Any]:
    """The resolved settings of a verb's job.

    Raises:
        InputError: the file is no such settings, or the verb has none.
    """
    values = read_yaml(path)
    job = OF_DOMAINS[verb].get(str(values.get("domain", "fields"))) if verb in OF_DOMAINS else JOBS.get(verb)
    if job is None:
        raise InputError(f"{path}: `sciml {verb}` has no settings in such a file")
    return parse(job, values, str(path)).model_dump(mode="json")
