"""Plots of generated sequences against network calls: how likely they are, and how like test sequences."""

from collections.abc import Sequence
from math import nan

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from sciml.report.canvas import drawable, positive
from sciml.report.curves import MARKERS, against_calls, family, panel
from sciml.report.grouping import average
from sciml.report.palette import assign
from sciml.report.sequences.compare import known_mean
from sciml.report.sequences.runs import SequenceDataset, SequenceModel, SequenceRun
from sciml.report.sequences.scores import Estimate, SolverScore
from sciml.report.sequences.solvers import NLL, by_solver, compared, likeness_of, named

_REAL, _ASIDE = "#5b6675", 1.025  # colour of real sequences; ratio of calls by which lines are set apart
_DASHES = ("-", "--", ":")


def likelihood(dataset: SequenceDataset) -> Figure:
    """Nats a letter of what was made, under the model itself; a line a solver, dashed test sequences."""
    return _lines(dataset, NLL, "−log p of what was made (nats a letter)")


def likeness(dataset: SequenceDataset) -> Figure:
    """The correlation with test sequences; a line a solver, dashed other real sequences."""
    name, words = likeness_of(dataset)
    return _lines(dataset, name, f"correlation of {words} with test sequences")


def _lines(dataset: SequenceDataset, name: str, words: str) -> Figure:
    """Colours tell solvers apart, dashes models, of which there is mostly one."""
    figure, axes = panel()
    scores = [score for run in dataset.runs for score in run.compared]
    calls = {score.nfe for score in scores}.union(*_draw(axes, compared(dataset), name))
    floor = drawable(known_mean(one.floor for one in named(scores, name)))
    axes.axhline(float(floor), color=_REAL, linestyle="--", linewidth=1, label="real sequences")
    against_calls(figure, axes, words)
    axes.xaxis.set_major_locator(FixedLocator(sorted(calls)))
    return figure


def _draw(axes: Axes, models: Sequence[SequenceModel], name: str) -> list[set[float]]:
    """The lines, and of each model its ring and at how many calls that is."""
    styles = assign(solver for model in models for solver in by_solver(model))
    looks = {solver: (MARKERS[index % len(MARKERS)], styles[solver].colour) for index, solver in enumerate(styles)}
    rings = []
    for index, model in enumerate(models):
        families, dashes = by_solver(model), _DASHES[index % len(_DASHES)]
        prefix = f"{model.name}, " if len(models) > 1 else ""
        for place, (solver, found) in enumerate(families.items()):
            marker, colour = looks[solver]
            aside = _ASIDE ** (place - (len(families) - 1) / 2)
            _line(axes, found, name, aside, dashes + marker, colour, prefix + solver)
        rings.append(_ring(axes, model, name, {solver: colour for solver, (_, colour) in looks.items()}))
    return rings


def _line(
    axes: Axes, found: Sequence[Sequence[SolverScore]], name: str, aside: float, look: str, colour: str, label: str
) -> None:
    """Means over seeds, with the interval of one seed or the seeds' deviation."""
    calls = positive([aside * scores[0].nfe for scores in found])
    value, low, high = (drawable(column) for column in zip(*(_over_seeds(named(s, name)) for s in found), strict=True))
    axes.plot(calls, value, look, ms=5, color=colour, linewidth=1.5, label=label)
    axes.vlines(calls, low, high, color=colour, linewidth=1, alpha=0.6)


def _over_seeds(estimates: Sequence[Estimate]) -> tuple[float, float, float]:
    if len(estimates) == 1:
        return estimates[0].value, estimates[0].low, estimates[0].high
    mean = average(estimate.value for estimate in estimates)
    return mean.mean, mean.mean - mean.deviation, mean.mean + mean.deviation


def _ring(axes: Axes, model: SequenceModel, name: str, colours: dict[str, str]) -> set[float]:
    """What the main table has, where it is by one of the solvers and compares; the calls of what is drawn."""
    solver, mean = family(model.first.solver), model.average(lambda run: _main(run, name))
    if solver not in colours or not mean.finite:
        return set()
    axes.plot(positive([model.first.nfe]), drawable([mean.mean]), "o", ms=9, mfc="none", color=colours[solver])
    return {model.first.nfe}


def _main(run: SequenceRun, name: str) -> float:
    """Of a fine-tuned model the likelihood is that under another; correlations depend on the number of sequences."""
    if name == NLL:
        return -run.estimate("typical_set.log_likelihood").value / run.facts.length if run.kind == "pretrained" else nan
    sizes = {score.score.counts["generated"] for score in run.compared}
    return run.estimate(name).value if sizes == {run.score.counts["generated"]} else nan
