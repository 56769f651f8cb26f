"""The numbers that are compared of generated graphs, and which way is better."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from sciml.report.graphs.runs import GraphDataset, GraphScore
from sciml.report.numbers import MINUS, MISSING, number


@dataclass(frozen=True)
class GraphColumn:
    """A column: a score of each run.

    Args:
        group: of columns, the upper header.
        label: the lower header.
        name: of the estimate.
        text: formats a number.
        better: -1 if the lowest is best, 1 if the highest, 0 if none is.
    """

    group: str
    label: str
    name: str
    text: Callable[[float], str]
    better: int = -1


def four_decimals(value: float) -> str:
    """A number near 0 of either sign, such as an unbiased squared discrepancy."""
    return f"{round(value, 4) + 0.0:.4f}".replace("-", MINUS) if math.isfinite(value) else MISSING  # no negative 0


def percent(value: float) -> str:
    """A share in per cent."""
    return f"{100 * value:.1f}" if math.isfinite(value) else MISSING


_MMD = ("degree", "clustering", "orbit", "spectrum", "mean")
_MEAN = "mean of three"
_SHARES = "Share of graphs, %"
PROPERTIES = {"qed": "QED", "logp": "log P", "sa": "SA score", "weight": "weight, Da"}

GRAPHS = (
    *(GraphColumn("Squared MMD, unbiased", _MEAN if name == "mean" else name, name, four_decimals) for name in _MMD),
    GraphColumn(_SHARES, "connected", "connected", percent, 1),
    GraphColumn(_SHARES, "valid", "valid", percent, 1),
    GraphColumn(_SHARES, "unique", "unique", percent, 1),
    GraphColumn(_SHARES, "novel", "novel", percent, 1),
    GraphColumn(_SHARES, "V.U.N.", "vun", percent, 1),
)
_MOLECULES = (
    GraphColumn("Share of molecules, %", "valid, uncorrected", "valid", percent, 1),
    GraphColumn("Share of molecules, %", "connected", "connected", percent, 1),
    GraphColumn("Share of molecules, %", "unique", "unique", percent, 1),
    GraphColumn("Share of molecules, %", "novel", "novel", percent, 0),
    GraphColumn("Distance from test molecules", "FCD", "fcd", number),
    GraphColumn("Distance from test molecules", "NSPDK MMD", "nspdk", four_decimals),
)


def columns_of(dataset: GraphDataset) -> tuple[GraphColumn, ...]:
    """The columns that some run fills."""
    run = dataset.first
    properties = tuple(
        GraphColumn("Wasserstein-1 distance of properties", PROPERTIES.get(name, name), name, number)
        for name in run.main.properties
    )
    columns = (*_MOLECULES, *properties) if run.molecules else GRAPHS
    return tuple(column for column in columns if any(column.name in run.main.estimates for run in dataset.runs))


def quality_of(dataset: GraphDataset) -> tuple[str, str]:
    """Name and words of the one number by which solvers are compared."""
    if not dataset.first.molecules:
        return "mean", "mean squared MMD"
    if "fcd" in dataset.first.main.estimates:
        return "fcd", "Fréchet ChemNet distance"
    return ("nspdk", "NSPDK MMD") if "nspdk" in dataset.first.main.estimates else ("weight", "Wasserstein-1 of the weight")


def share_of(dataset: GraphDataset) -> tuple[str, str]:
    """Name and words of the share of good graphs."""
    first = dataset.first
    if first.molecules:
        return "valid", "valid without correction, %"
    return ("vun", "valid, unique and novel, %") if "vun" in first.main.estimates else ("connected", "connected, %")


def milliseconds(score: GraphScore) -> float:
    """Processor time of a graph."""
    return 1000 * score.seconds_per_graph
