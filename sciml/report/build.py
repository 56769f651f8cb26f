"""One HTML file that shows how good the models are and where each number comes from.

It holds its pictures and style, opens offline, and runs no script.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.figure import Figure

from sciml.io.atomic import atomic_file
from sciml.io.errors import InputError
from sciml.report import curves
from sciml.report.benchmark import load_benchmark
from sciml.report.canvas import png
from sciml.report.describe import describe
from sciml.report.fields import pictures
from sciml.report.findings import findings
from sciml.report.load import load_run
from sciml.report.palette import Style, assign
from sciml.report.provenance import commits, doubts, newest, origin
from sciml.report.runs import Dataset, Run, group
from sciml.report.tables import Table, main_table, solver_table

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Image:
    """A picture as a data address, its caption, and whether it is shown at once or on demand."""

    address: str
    caption: str
    shown: bool = True


@dataclass(frozen=True)
class Section:
    """What the report says about one data set."""

    name: str
    description: str
    findings: Sequence[str]
    main: Table
    solvers: Table | None
    curves: Sequence[Image]
    solver_curves: Sequence[Image]
    fields: Sequence[Image]


def build_report(
    directories: Sequence[Path],
    output: Path,
    *,
    title: str,
    scale: str,
    notes: Sequence[str],
    solvers: Path | None = None,
) -> None:
    """Write the report, atomically.

    Args:
        directories: of runs, RESULTS/DOMAIN/DATASET/MODEL/seed-N; models are shown in this order.
        output: the HTML file.
        title: of the report.
        scale: of the workflow, for instance "smoke".
        notes: shown at the end, for instance which data sets were left out and why.
        solvers: what `benchmarks/solvers.py` wrote, beside its plot.

    Raises:
        InputError: no directories, or a file of a run is missing or malformed; names file and key.
    """
    if not directories:
        raise InputError("`directories` must name at least one run to report, got none")
    runs = [load_run(Path(directory)) for directory in directories]
    _check_distinct(runs)
    datasets = group(runs)
    for dataset in datasets:
        _check_comparable(dataset)
    styles = assign(run.model for run in runs)
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
            sections=[_section(dataset, styles) for dataset in datasets],
            styles=styles,
            origins=[origin(run) for dataset in datasets for model in dataset.models for run in model.runs],
            notes=[*doubts(datasets), *notes],
            benchmark=load_benchmark(solvers) if solvers else None,
        )
    )
    with atomic_file(output) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _check_distinct(runs: Sequence[Run]) -> None:
    seen: dict[tuple[str, str, int], Run] = {}
    for run in runs:
        other = seen.setdefault((run.dataset, run.model, run.seed), run)
        if other is not run:
            raise InputError(
                f"{run.directory}: `dataset` {run.dataset!r}, `model` {run.model!r} and `seed` {run.seed} "
                f"are those of {other.directory}, too"
            )


def _check_comparable(dataset: Dataset) -> None:
    """All models must show the same windows, or their pictures would mislead."""
    truth = dataset.first.pictures.truth
    for run in (model.runs[0] for model in dataset.models):
        found = run.pictures.truth
        if found.shape != truth.shape or not np.allclose(found, truth, rtol=1e-4, atol=1e-6, equal_nan=True):
            raise InputError(
                f"{run.directory / 'pictures.npz'}: `truth` differs from that in {dataset.first.directory}: "
                "the models were not evaluated on the same test windows"
            )


def _section(dataset: Dataset, styles: dict[str, Style]) -> Section:
    solvers = solver_table(dataset)
    return Section(
        name=dataset.name,
        description=describe(dataset),
        findings=findings(dataset),
        main=main_table(dataset),
        solvers=solvers,
        curves=_curves(dataset, styles),
        solver_curves=_solver_curves(dataset, styles) if solvers else [],
        fields=[Image(png(shown.figure, 130), shown.caption, shown.shown) for shown in pictures(dataset)],
    )


_GROWTH = "Error growth: mean square error of one sample at each frame; bands show the deviation between seeds."
_SPECTRA = "Spectra along x, averaged over the rest: where a model lies below the truth it lacks structure of that size."
_TRAINING = "Training: the loss against processor time, a line a seed. Losses of unlike methods do not compare."
_SOLVERS = "Quality against cost of the solvers: CRPS against network calls; rings: the main table, on its own windows."
_DISTANCES = (
    "Accuracy of the solvers: root mean square distance from a solution with many steps that starts from the same noise. "
    "A model whose own flow errs is not improved by following it more closely: compare with the CRPS."
)


def _solver_curves(dataset: Dataset, styles: dict[str, Style]) -> list[Image]:
    distances = curves.distances(dataset, styles)
    drawn = [Image(png(curves.solvers(dataset, styles)), _SOLVERS)]
    return drawn if distances is None else [*drawn, Image(png(distances), _DISTANCES)]


def _curves(dataset: Dataset, styles: dict[str, Style]) -> list[Image]:
    drawn: tuple[tuple[Figure | None, str], ...] = (
        (curves.error_growth(dataset, styles), _GROWTH),
        (curves.spectra(dataset, styles), _SPECTRA),
        (curves.training(dataset, styles), _TRAINING),
    )
    return [Image(png(figure), caption) for figure, caption in drawn if figure is not None]
