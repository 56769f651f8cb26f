"""What the report says about one set of graphs or molecules."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sciml.report import curves
from sciml.report.canvas import png
from sciml.report.graphs.curves import good_share, quality
from sciml.report.graphs.describe import describe, warnings
from sciml.report.graphs.drawings import picture
from sciml.report.graphs.findings import findings
from sciml.report.graphs.runs import GraphDataset
from sciml.report.graphs.tables import main_table, published_table, solver_table
from sciml.report.image import Image
from sciml.report.palette import Style
from sciml.report.tables import Table

_TRAINING = "#333333"  # colour of the nodes of training graphs


@dataclass(frozen=True)
class GraphSection:
    """Words, tables and pictures, as the template takes them."""

    template: ClassVar[str] = "graphs.html.j2"
    name: str
    noun: str
    description: str
    findings: Sequence[str]
    main: Table
    warnings: Sequence[str]
    published: Table | None
    solvers: Table | None
    drawings: Sequence[Image]
    curves: Sequence[Image]


def graph_section(dataset: GraphDataset, styles: dict[str, Style]) -> GraphSection:
    """The section of a data set."""
    published = published_table(dataset)
    return GraphSection(
        name=dataset.name,
        noun="molecules" if dataset.first.molecules else "graphs",
        description=describe(dataset),
        findings=findings(dataset),
        main=main_table(dataset),
        warnings=warnings(dataset),
        published=published if published.headers else None,
        solvers=solver_table(dataset),
        drawings=_drawings(dataset, styles),
        curves=_curves(dataset, styles),
    )


def _drawings(dataset: GraphDataset, styles: dict[str, Style]) -> list[Image]:
    noun = "molecules" if dataset.first.molecules else "graphs"
    training = Image(picture(dataset.first.examples, _TRAINING), f"Training {noun}.")
    return [
        training,
        *(
            Image(picture(model.first.generated, styles[model.name].colour), f"{model.name}: generated {noun}, as drawn.")
            for model in dataset.models
        ),
    ]


_QUALITY = (
    "Quality against network calls: distance from the test set, bars for the 95% intervals, dashed the floor; "
    "ring: the main table, where it compares."
)
_SHARE = "Good graphs against network calls; ring: the main table."
_LOSS = "Training: the loss against processor time, a line a seed. Losses of unlike models do not compare."


def _curves(dataset: GraphDataset, styles: dict[str, Style]) -> list[Image]:
    found = []
    if any(run.compared for run in dataset.runs):
        found = [Image(png(quality(dataset, styles)), _QUALITY), Image(png(good_share(dataset, styles)), _SHARE)]
    training = curves.training(dataset, styles)
    return [*found, Image(png(training), _LOSS)] if training is not None else found
