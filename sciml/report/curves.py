"""Line plots: error growth, spectra, training, quality against calls."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from sciml.report import grouping
from sciml.report.canvas import SIZE, canvas, drawable, positive, tidy
from sciml.report.columns import score_crps
from sciml.report.grouping import AnyRun, Array, average
from sciml.report.palette import TRUTH, Style
from sciml.report.runs import Dataset, Model, Score
from sciml.report.tables import solver_scores
from sciml.report.units import label, to_power, unit_of

_WIDTH, _HEIGHT = 6.0, 3.8
_MANY = 400  # points of a training curve
_WIDE = 5  # ratio of losses above which they are drawn on a logarithmic scale
_LEGEND = 84  # letters in a line of the legend
MARKERS = "osD^v"

Styles = dict[str, Style]


def error_growth(dataset: Dataset, styles: Styles) -> Figure:
    """Mean square error of one sample at each frame; a band for the deviation between seeds."""
    figure, axes = panel()
    lowest, highest = np.inf, 0.0
    for model in dataset.models:
        mean, deviation = _over_seeds(run.main.mse_by_step for run in model.runs)
        frames = dataset.first.pictures.axis_time
        time = drawable(frames if len(frames) == len(mean) else np.arange(1, len(mean) + 1))
        _line(axes, time, mean, model.name, styles)
        axes.fill_between(time, mean - deviation, mean + deviation, color=styles[model.name].colour, alpha=0.15, lw=0)
        lowest, highest = min(lowest, _least(mean)), max(highest, -_least(-mean))
    if highest > 30 * lowest > 0:
        axes.set_yscale("log", nonpositive="mask")
    unit = to_power(unit_of(dataset), 2)
    tidy(axes, label("time", dataset.first.units.get("time", "")), label("mean square error of one sample", unit))
    return _with_legend(figure, axes)


def spectra(dataset: Dataset, styles: Styles) -> Figure:
    """Power at each wavenumber: truth, and one sample of each model."""
    figure, axes = panel()
    truth = positive(dataset.first.pictures.spectrum_truth)
    axes.plot(np.arange(len(truth))[1:], truth[1:], color=TRUTH, linewidth=2.6, alpha=0.75, label="truth")
    for model in dataset.models:
        mean, _ = _over_seeds(run.pictures.spectrum_prediction for run in model.runs)
        _line(axes, drawable(np.arange(len(mean)))[1:], positive(mean)[1:], model.name, styles)
    if any(np.isfinite(line.get_ydata(orig=False)).any() for line in axes.lines):
        axes.set_yscale("log", nonpositive="mask")
    axes.set_xscale("log", nonpositive="mask")
    tidy(axes, "wavenumber (cycles across the domain)", label("power", to_power(unit_of(dataset), 2)))
    return _with_legend(figure, axes)


def training(dataset: grouping.Dataset[AnyRun], styles: Styles) -> Figure | None:
    """Training loss against processor seconds, a line a seed; None if nothing was trained."""
    trained = [model for model in dataset.models if any(len(run.training) for run in model.runs)]
    if not trained:
        return None
    figure, axes = panel()
    for model in trained:
        for index, run in enumerate(model.runs):
            seconds, loss = (_thinned(column) for column in (run.training[:, 0], run.training[:, 1]))
            _line(axes, seconds, positive(loss), model.name if index == 0 else None, styles, model.name)
    losses = np.concatenate([positive(run.training[:, 1]) for run in dataset.runs])
    if -_least(-losses) > _WIDE * _least(losses):
        axes.set_yscale("log", nonpositive="mask")
    tidy(axes, "training time (CPU-s)", "training loss (each method its own)")
    return _with_legend(figure, axes)


def solvers(dataset: Dataset, styles: Styles) -> Figure:
    """CRPS against network calls: a line for each model and family of solvers, open points for the main table.

    Students have a star: they know one number of calls.
    """
    figure, axes = panel()
    for model in dataset.models:
        if len(model.first.scores) < 2 and not model.first.distilled:
            continue
        _draw_families(axes, model, styles, score_crps)
        mark_main(axes, model, model.first.main.nfe, model.average(lambda run: score_crps(run.main)).mean, styles)
    return against_calls(figure, axes, label("CRPS", unit_of(dataset)))


def distances(dataset: Dataset, styles: Styles) -> Figure | None:
    """Distance from a solution with many steps against network calls; None if none was measured."""
    figure, axes = panel()
    for model in dataset.models:
        _draw_families(axes, model, styles, lambda score: score.distance)
    if not axes.lines:
        return None
    axes.set_yscale("log", nonpositive="mask")
    return against_calls(figure, axes, label("distance from the exact flow", unit_of(dataset)))


def mark_main(axes: Axes, model: grouping.Model[Any], calls: float, value: float, styles: Styles) -> None:
    """The point of the main table: of a student a star, with a name of its own."""
    student = model.first.distilled
    look, name, fill = ("*", model.name, None) if student else ("o", None, "none")
    axes.plot(positive(calls), drawable(value), look, ms=9, mfc=fill, color=styles[model.name].colour, label=name, ls="none")


def _draw_families(axes: Axes, model: Model, styles: Styles, value: Callable[[Score], float]) -> None:
    for index, (family, points) in enumerate(_families(model, value).items()):
        calls, quality = (positive(column) for column in zip(*points, strict=True))
        look = ("-", "--", ":")[index % 3] + MARKERS[index % len(MARKERS)]
        if np.isfinite(quality).any():
            axes.plot(calls, quality, look, ms=5, color=styles[model.name].colour, label=f"{model.name}, {family}")


def against_calls(figure: Figure, axes: Axes, quality: str) -> Figure:
    """Labels and a legend for a plot over network calls, on a logarithmic axis."""
    axes.set_xscale("log", nonpositive="mask")
    axes.xaxis.set_major_locator(LogLocator(10, subs=(1, 2, 5)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}")
    tidy(axes, "network calls for a sample", quality)
    return _with_legend(figure, axes)


def _families(model: Model, value: Callable[[Score], float]) -> dict[str, list[tuple[float, float]]]:
    """(calls, mean value) of all solvers but that of the main table by family: the name without its number of steps."""
    families: dict[str, list[tuple[float, float]]] = {}
    for scores in solver_scores(model).values():
        if not scores[0].main:
            mean = average(map(value, scores)).mean
            families.setdefault(family(scores[0].solver), []).append((scores[0].nfe, mean))
    return families


def family(solver: str) -> str:
    """Name and options of a solver: all parts of its label but the second, its steps."""
    name, _, *options = [*solver.split(", "), ""]
    return ", ".join([name, *options[:-1]]) if options else name


def panel() -> tuple[Figure, Axes]:
    """An empty plot of the page's usual size."""
    figure = canvas(_WIDTH, _HEIGHT)
    return figure, figure.add_subplot()


def _line(axes: Axes, x: Array, y: Array, name: str | None, styles: Styles, of: str | None = None) -> None:
    style = styles[name or of or ""]
    axes.plot(x, drawable(y), style.dashes, color=style.colour, linewidth=1.5, label=name)


def _over_seeds(curves: Iterable[Array]) -> tuple[Array, Array]:
    """Mean and deviation over seeds of curves, cut to the shortest; the deviation of one seed is 0."""
    found = [drawable(curve) for curve in curves]
    stack = np.stack([curve[: min(map(len, found))] for curve in found])
    return stack.mean(0), stack.std(0, ddof=1) if len(found) > 1 else np.zeros(stack.shape[1])


def _least(values: Array) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.min()) if len(finite) else np.inf


def _thinned(values: Array) -> Array:
    """Means of neighbouring records, so that a long training has at most `_MANY` points."""
    values = drawable(values)
    size = -(-len(values) // _MANY) if len(values) else 1
    return np.array([values[start : start + size].mean() for start in range(0, len(values), size)])


def _with_legend(figure: Figure, axes: Axes) -> Figure:
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        columns = max(1, min(len(labels), 4, _LEGEND // max(map(len, labels))))
        figure.legend(handles, labels, loc="outside lower center", ncols=columns, fontsize=SIZE, frameon=False)
    return figure
