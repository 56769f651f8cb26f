"""What the report says about one data set of PDE fields."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from matplotlib.figure import Figure

from sciml.io.errors import InputError
from sciml.report import curves
from sciml.report.canvas import png
from sciml.report.describe import describe
from sciml.report.fields import pictures
from sciml.report.findings import findings
from sciml.report.image import Image
from sciml.report.palette import Style
from sciml.report.runs import Dataset
from sciml.report.tables import Table, main_table, solver_table


@dataclass(frozen=True)
class FieldSection:
    """Words, tables and pictures, as the template takes them."""

    template: ClassVar[str] = "fields.html.j2"
    name: str
    description: str
    findings: Sequence[str]
    main: Table
    solvers: Table | None
    curves: Sequence[Image]
    solver_curves: Sequence[Image]
    fields: Sequence[Image]


def field_section(dataset: Dataset, styles: dict[str, Style]) -> FieldSection:
    """The section of a data set.

    Raises:
        InputError: models that were not evaluated on the same windows.
    """
    _check_comparable(dataset)
    solvers = solver_table(dataset)
    return FieldSection(
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
