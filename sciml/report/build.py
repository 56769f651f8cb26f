"""One HTML file that shows how good the models are and where each number comes from.

It holds its pictures and style, opens offline, and runs no script.
"""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sciml.io.atomic import atomic_file
from sciml.io.errors import InputError
from sciml.report.benchmark import load_benchmark
from sciml.report.field_section import FieldSection, field_section
from sciml.report.graphs.load import load_graph_run
from sciml.report.graphs.provenance import graph_scores, unlike_counts
from sciml.report.graphs.runs import GraphRun
from sciml.report.graphs.section import GraphSection, graph_section
from sciml.report.grouping import AnyRun, group
from sciml.report.load import domain_of, load_run
from sciml.report.palette import assign
from sciml.report.provenance import Origins, commits, doubts, field_scores, newest, origin, unlike_tests
from sciml.report.runs import Run
from sciml.report.sequences.load import load_sequence_runs
from sciml.report.sequences.provenance import sequence_scores, unlike_sizes
from sciml.report.sequences.runs import SequenceRun
from sciml.report.sequences.section import SequenceSection, sequence_section
from sciml.report.sweeps.section import sweep_section

_TEMPLATES = Path(__file__).parent / "templates"


def build_report(
    directories: Sequence[Path],
    output: Path,
    *,
    title: str,
    scale: str,
    notes: Sequence[str],
    solvers: Path | None = None,
    sweeps: Sequence[Path] = (),
) -> None:
    """Write the report, atomically.

    Args:
        directories: of runs, RESULTS/DOMAIN/DATASET/MODEL/seed-N; models are shown in this order.
        output: the HTML file.
        title: of the report.
        scale: of the workflow, for instance "smoke".
        notes: shown at the end, for instance which data sets were left out and why.
        solvers: what `benchmarks/solvers.py` wrote, beside its plot.
        sweeps: what `sciml sweep --json` wrote.

    Raises:
        InputError: no directories, or a file of a run is missing or malformed; names file and key.
    """
    if not directories:
        raise InputError("`directories` must name at least one run to report, got none")
    fields, graphs, sequences = _load([Path(directory) for directory in directories])
    runs: list[AnyRun] = [*fields, *graphs, *sequences]
    _check_distinct(runs)
    styles = assign(run.model for run in runs)
    of_fields, of_graphs, of_sequences = group(fields), group(graphs), group(sequences)
    sections: list[FieldSection | GraphSection | SequenceSection] = [field_section(data, styles) for data in of_fields]
    sections += [graph_section(dataset, styles) for dataset in of_graphs]
    sections += [sequence_section(dataset, styles) for dataset in of_sequences]
    origins = (
        Origins("PDE fields", tuple(origin(run, field_scores(run)) for dataset in of_fields for run in dataset.runs)),
        Origins("Graphs and molecules", tuple(origin(run, graph_scores(run)) for data in of_graphs for run in data.runs)),
        Origins("Sequences", tuple(origin(run, sequence_scores(run)) for data in of_sequences for run in data.runs)),
    )
    unlike = [*unlike_tests(of_fields), *unlike_counts(of_graphs), *unlike_sizes(of_sequences)]
    text = (
        _environment()
        .get_template("report.html.j2")
        .render(
            title=title,
            scale=scale,
            newest=newest(runs),
            commit=commits(runs),
            cpu_seconds=sum(run.manifest.cpu_seconds for run in runs),
            runs=len(runs),
            sections=sections,
            templates={section.template for section in sections},
            styles=styles,
            origins=[domain for domain in origins if domain.rows],
            notes=[*doubts([*of_fields, *of_graphs, *of_sequences]), *unlike, *notes],
            benchmark=load_benchmark(solvers) if solvers else None,
            sweeps=[sweep_section(Path(file)) for file in sweeps],
        )
    )
    with atomic_file(output) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _load(directories: Sequence[Path]) -> tuple[list[Run], list[GraphRun], list[SequenceRun]]:
    """The runs on PDE fields, those on graphs, and those on sequences."""
    found: dict[str, list[Path]] = {"pde": [], "graphs": [], "sequences": []}
    for directory in directories:
        found[domain_of(directory)].append(directory)
    return (
        [load_run(directory) for directory in found["pde"]],
        [load_graph_run(directory) for directory in found["graphs"]],
        load_sequence_runs(found["sequences"]),
    )


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _check_distinct(runs: Sequence[AnyRun]) -> None:
    seen: dict[tuple[str, str, int], AnyRun] = {}
    for run in runs:
        other = seen.setdefault((run.dataset, run.model, run.seed), run)
        if other is not run:
            raise InputError(
                f"{run.directory}: `dataset` {run.dataset!r}, `model` {run.model!r} and `seed` {run.seed} "
                f"are those of {other.directory}, too"
            )
