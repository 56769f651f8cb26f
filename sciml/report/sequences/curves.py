"""Plots of generated sequences: reward against divergence, and training."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from sciml.report import curves
from sciml.report.canvas import SIZE, canvas, drawable, tidy
from sciml.report.curves import MARKERS, Styles, panel
from sciml.report.sequences.columns import divergence, reward_title
from sciml.report.sequences.compare import known_mean
from sciml.report.sequences.runs import SequenceDataset, SequenceModel, SequenceRun
from sciml.report.sequences.scores import Estimate

_WIDTH, _HEIGHT = 6.0, 3.9
_BAND, _MEDIAN = "#e8edf3", "#5b6675"
_FAR = 40.0  # nats, beyond which the scale is logarithmic
_TICKS = (0, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_BESIDE = ("steered", "student")  # whose divergence is not known
_NARROW = 0.28  # inches for a method without divergence


def frontier(dataset: SequenceDataset, reward: str, styles: Styles) -> Figure:
    """The median of a reward against the divergence from the pretrained model, a point a seed, over the band of real
    sequences; methods without divergence beside it."""
    steered = [model for model in dataset.models if model.first.kind in _BESIDE]
    figure = canvas(_WIDTH, _HEIGHT)
    ratios = [_WIDTH - 1.2 - _NARROW * len(steered), _NARROW * len(steered)]
    axes = figure.subplots(1, 2, sharey=True, width_ratios=ratios) if steered else [figure.add_subplot()]
    for each in axes:
        _real(each, dataset.runs, reward)
    tuned = [model for model in dataset.models if model.first.kind not in _BESIDE]
    for index, model in enumerate(tuned):
        for run in model.runs:
            _point(axes[0], divergence(run), run.reward(reward), model, MARKERS[index % len(MARKERS)], styles)
    _scale(axes[0], [divergence(run).value for model in tuned for run in model.runs])
    tidy(axes[0], "KL of paths from those of the pretrained model (nats)", f"{reward_title(reward)}: median")
    if steered:
        _beside(axes[1], steered, reward, styles)
    return _with_legend(figure, axes[0])


def _real(axes: Axes, runs: Sequence[SequenceRun], reward: str) -> None:
    """Shaded from the 1st to the 99th percentile, dashed the median; averages over runs."""
    verdicts = [run.score.verdicts[reward] for run in runs if reward in run.score.verdicts]
    low, high = (known_mean(getattr(verdict, end) for verdict in verdicts) for end in ("low", "high"))
    axes.axhspan(float(drawable(low)), float(drawable(high)), color=_BAND, zorder=0, label="real, 1 to 99 %")
    median = known_mean(run.reward(reward).floor for run in runs)
    axes.axhline(float(drawable(median)), color=_MEDIAN, linestyle="--", linewidth=1, zorder=1, label="real, median")


def _point(axes: Axes, x: Estimate, y: Estimate, model: SequenceModel, marker: str, styles: Styles) -> None:
    """With bars for the 95% intervals."""
    colour, known = styles[model.name].colour, axes.get_legend_handles_labels()[1]
    label = None if model.name in known else model.name
    axes.plot(
        drawable([x.value]),
        drawable([y.value]),
        marker,
        ms=9 if marker == "_" else 5.5,
        color=colour,
        linestyle="none",
        label=label,
    )
    axes.hlines(drawable([y.value]), drawable([x.low]), drawable([x.high]), color=colour, linewidth=1)
    axes.vlines(drawable([x.value]), drawable([y.low]), drawable([y.high]), color=colour, linewidth=1)


def _beside(axes: Axes, steered: Sequence[SequenceModel], reward: str, styles: Styles) -> None:
    """A column a method, a point a seed."""
    for place, model in enumerate(steered):
        for run in model.runs:
            _point(axes, Estimate(float(place)), run.reward(reward), model, "_", styles)
    axes.set_xticks(range(len(steered)), [model.name for model in steered], rotation=60, ha="right", rotation_mode="anchor")
    axes.set_xlim(-0.6, len(steered) - 0.4)
    tidy(axes, "", "")
    axes.tick_params(axis="y", labelleft=False, length=0)
    axes.tick_params(axis="x", labelsize=SIZE - 1)
    kinds = {model.first.kind for model in steered}
    axes.set_title("distilled" if kinds == {"student"} else "steered", fontsize=SIZE)


def _scale(axes: Axes, divergences: Sequence[float]) -> None:
    if max((value for value in divergences if np.isfinite(value)), default=0) > _FAR:
        axes.set_xscale("symlog", linthresh=10, linscale=1.5)
        axes.xaxis.set_major_locator(FixedLocator(_TICKS))
        axes.xaxis.set_major_formatter("{x:g}")


def pretraining(dataset: SequenceDataset, styles: Styles) -> Figure | None:
    """The bound of the likelihood against processor seconds, a line a seed; None if nothing was trained."""
    return curves.training(_only(dataset, "pretrained"), styles)


def finetuning(dataset: SequenceDataset, styles: Styles) -> Figure | None:
    """What fine-tuning maximises against processor seconds, a line a seed; None if nothing was fine-tuned."""
    tuned = _only(dataset, "finetuned")
    if not any(len(run.training) for run in tuned.runs):
        return None
    figure, axes = panel()
    for model in tuned.models:
        style = styles[model.name]
        for index, run in enumerate(model.runs):
            seconds, loss = drawable(run.training[:, 0]), drawable(run.training[:, 1])
            name = None if index else model.name
            axes.plot(seconds, -loss, style.dashes, color=style.colour, linewidth=1.5, label=name)
    tidy(axes, "fine-tuning time (CPU-s)", "reward less α × divergence (seen oracle)")
    return _with_legend(figure, axes)


def _only(dataset: SequenceDataset, kind: str) -> SequenceDataset:
    return replace(dataset, models=tuple(model for model in dataset.models if model.first.kind == kind))


def _with_legend(figure: Figure, axes: Axes) -> Figure:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 4), fontsize=SIZE, frameon=False)
    return figure
