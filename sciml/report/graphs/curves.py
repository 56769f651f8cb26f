"""Quality of generated graphs against network calls."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sciml.report.canvas import drawable, positive
from sciml.report.curves import MARKERS, Styles, against_calls, family, mark_main, panel
from sciml.report.graphs.columns import quality_of, share_of
from sciml.report.graphs.runs import Estimate, GraphDataset, GraphModel
from sciml.report.graphs.tables import solver_scores
from sciml.report.grouping import average

_FLOOR = "#666666"
_LINEAR = 1e-2  # a squared discrepancy below it is drawn on a linear scale: it may be negative

Scaled = Callable[[float], float]


def quality(dataset: GraphDataset, styles: Styles) -> Figure:
    """The distance from test graphs; a dashed line for the floor, rings for the main table."""
    name, words = quality_of(dataset)
    figure, axes = panel()
    _draw(axes, dataset, styles, name, float)
    floors = [score.estimate(name).floor for run in dataset.runs for score in run.compared]
    floor = drawable(average(floors or [run.main.estimate(name).floor for run in dataset.runs]).mean)
    axes.axhline(float(floor), color=_FLOOR, linestyle="--", linewidth=1, label="floor: training data")
    if name != "fcd":
        axes.set_yscale("symlog", linthresh=_LINEAR, linscale=0.5)
        axes.yaxis.set_major_formatter("{x:g}")
    return against_calls(figure, axes, words)


def good_share(dataset: GraphDataset, styles: Styles) -> Figure:
    """The share of good graphs in per cent."""
    name, words = share_of(dataset)
    figure, axes = panel()
    _draw(axes, dataset, styles, name, lambda share: 100 * share)
    return against_calls(figure, axes, words)


def _draw(axes: Axes, dataset: GraphDataset, styles: Styles, name: str, scaled: Scaled) -> None:
    for model in dataset.models:
        colour = styles[model.name].colour
        for index, (solver, points) in enumerate(_families(model, name).items()):
            calls = positive([calls for calls, _ in points])
            look = ("-", "--", ":")[index % 3] + MARKERS[index % len(MARKERS)]
            value, low, high = (
                drawable([scaled(getattr(estimate, key)) for _, estimate in points]) for key in ("value", "low", "high")
            )
            axes.plot(calls, value, look, ms=5, color=colour, label=f"{model.name}, {solver}")
            axes.vlines(calls, low, high, color=colour, linewidth=1, alpha=0.6)
        if name == "fcd" and {score.count for run in model.runs for score in run.compared} != {model.first.main.count}:
            continue  # it depends on the number of molecules
        main = scaled(model.average(lambda run: run.main.estimate(name).value).mean)
        mark_main(axes, model, model.first.main.nfe, main, styles)


def _families(model: GraphModel, name: str) -> dict[str, list[tuple[float, Estimate]]]:
    """Calls and mean over seeds, with the interval of one seed or the seeds' deviation, by the solver without its steps."""
    families: dict[str, list[tuple[float, Estimate]]] = {}
    for scores in solver_scores(model):
        found = [score.estimate(name) for score in scores]
        mean = average(estimate.value for estimate in found)
        spread = mean.deviation if np.isfinite(mean.deviation) else 0.0
        one = found[0] if len(found) == 1 else Estimate(mean.mean, mean.mean - spread, mean.mean + spread)
        families.setdefault(family(scores[0].solver), []).append((scores[0].nfe, one))
    return families
