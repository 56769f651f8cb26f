"""What the report says about one set of sequences."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sciml.report.canvas import png
from sciml.report.image import Image
from sciml.report.palette import Style
from sciml.report.sequences.columns import reward_title
from sciml.report.sequences.curves import finetuning, frontier, pretraining
from sciml.report.sequences.describe import describe, warnings
from sciml.report.sequences.findings import findings
from sciml.report.sequences.logos import Panel, picture
from sciml.report.sequences.runs import Logo, SequenceDataset, SequenceModel, Sites, ordered, rewards_of
from sciml.report.sequences.scores import HELD_OUT, TRUE
from sciml.report.sequences.solver_curves import likelihood, likeness
from sciml.report.sequences.solvers import compared, solver_table
from sciml.report.sequences.tables import main_table, oracle_table
from sciml.report.sequences.vector import svg
from sciml.report.tables import Table

Shown = tuple[str, Sequence[str]]


@dataclass(frozen=True)
class SequenceSection:
    """Words, tables and pictures, as the template takes them."""

    template: ClassVar[str] = "sequences.html.j2"
    name: str
    description: str
    findings: Sequence[str]
    main: Table
    warnings: Sequence[str]
    oracles: Table | None
    frontiers: Sequence[Image]
    logos: Sequence[Image]
    sequences: Sequence[Shown]
    comparison: Sequence[Image]
    solvers: Table | None
    curves: Sequence[Image]


def sequence_section(dataset: SequenceDataset, styles: dict[str, Style]) -> SequenceSection:
    """The section of a data set."""
    dataset = ordered(dataset)
    return SequenceSection(
        name=dataset.name,
        description=describe(dataset),
        findings=findings(dataset),
        main=main_table(dataset),
        warnings=warnings(dataset),
        oracles=oracle_table(dataset),
        frontiers=_frontiers(dataset, styles),
        logos=_logos(dataset),
        sequences=_sequences(dataset),
        comparison=_comparison(dataset),
        solvers=solver_table(dataset),
        curves=_curves(dataset, styles),
    )


def _frontiers(dataset: SequenceDataset, styles: dict[str, Style]) -> list[Image]:
    """Nothing but a pretrained model and its students has none."""
    if all(model.first.kind in ("pretrained", "student") for model in dataset.models):
        return []
    return [
        Image(
            svg(frontier(dataset, reward, styles)),
            f"Frontier: median of the {reward_title(reward)} against divergence, a point a seed with 95% intervals; steered "
            "methods, whose divergence is not known, stand beside it. Above the shade is one real sequence in a hundred.",
        )
        for reward in rewards_of(dataset)
        if reward in (*HELD_OUT, TRUE)
    ]


def _logos(dataset: SequenceDataset) -> list[Image]:
    """One picture for each motif that some run has: real sites, then those of each method."""
    known = {logo.name: logo for run in dataset.runs for logo in run.examples.logos}
    return [_logo(dataset, logo) for logo in known.values()]


def _logo(dataset: SequenceDataset, logo: Logo) -> Image:
    panels = [_panel("real sequences", logo.real)]
    panels += [_panel(model.name, sites) for model in dataset.models if (sites := _pooled(model, logo.name)) is not None]
    what = f"{logo.name} ({logo.identity})" if logo.identity else logo.name
    seeds = " of all seeds" if any(len(model.runs) > 1 for model in dataset.models) else ""
    return Image(
        picture(panels, dataset.first.facts.alphabet),
        f"{what}: letters of the sites{seeds}, as high as they tell, in bits; sites for each sequence in brackets.",
    )


def _panel(name: str, sites: Sites) -> Panel:
    return Panel(f"{name}: {sites.sites} ({sites.sites / max(sites.sequences, 1):.2f})", sites)


def _pooled(model: SequenceModel, name: str) -> Sites | None:
    """The sites of all seeds; None if no run looked for them."""
    found = [logo.generated for run in model.runs for logo in run.examples.logos if logo.name == name]
    if not found:
        return None
    counts = np.sum([sites.counts for sites in found], axis=0)
    return Sites(counts, sum(sites.sites for sites in found), sum(sites.sequences for sites in found))


def _sequences(dataset: SequenceDataset) -> list[Shown]:
    generated = [(model.name, model.first.examples.generated) for model in dataset.models]
    return [("real sequences", dataset.first.examples.real), *generated]


_LIKELIHOOD = (
    "How unlikely what was made is under the model itself, against network calls; dashed: test sequences. Letters drawn "
    "together, blind to each other, make unlikely sequences. Bars: 95% intervals; ring: the main table, where it compares."
)
_LIKENESS = "Likeness to test sequences against network calls; dashed: other real sequences in the place of those made."


def _comparison(dataset: SequenceDataset) -> list[Image]:
    if not compared(dataset):
        return []
    return [Image(png(likelihood(dataset)), _LIKELIHOOD), Image(png(likeness(dataset)), _LIKENESS)]


_LOSS = "Pretraining: the bound of −log p, nats a letter, against processor time, a line a seed."
_TUNING = "Fine-tuning: what is maximised, as the optimiser sees it, against processor time, a line a seed."


def _curves(dataset: SequenceDataset, styles: dict[str, Style]) -> list[Image]:
    drawn = ((pretraining(dataset, styles), _LOSS), (finetuning(dataset, styles), _TUNING))
    return [Image(png(figure), caption) for figure, caption in drawn if figure is not None]
