"""Sentences about generators of graphs, derived from the numbers."""

from collections.abc import Sequence
from math import isnan

from sciml.report.graphs.columns import PROPERTIES, four_decimals, percent, quality_of
from sciml.report.graphs.runs import Estimate, GraphDataset, GraphModel, GraphScore
from sciml.report.graphs.tables import competing, solver_scores
from sciml.report.grouping import average
from sciml.report.numbers import number

_GRAPHS = {"connected": "connected", "vun": "valid, unique and novel"}
_MOLECULES = {"valid": "valid without correction", "unique": "unique", "novel": "novel"}


def findings(dataset: GraphDataset) -> list[str]:
    """Who is nearest to the test graphs and how near the floor, how many graphs are good, what came of values that were
    asked for, and what fewer calls cost."""
    sentences = (_nearest(dataset), _good(dataset), _led(dataset), _calls(dataset), _chance(dataset))
    return [sentence for sentence in sentences if sentence]


def _nearest(dataset: GraphDataset) -> str | None:
    name, words = quality_of(dataset)
    found = [(model, model.average(lambda run: run.main.estimate(name).value)) for model in competing(dataset)]
    finite = [(model, mean) for model, mean in found if mean.finite]
    if not finite:
        return None
    model, mean = min(finite, key=lambda pair: pair[1].mean)
    floor = average(run.main.estimate(name).floor for run in model.runs).mean
    text = number if name == "fcd" else four_decimals
    lead = f"Of {len(finite)} models {model.name} comes nearest to the test set: its" if len(finite) > 1 else "The"
    return (
        f"{lead} {words} is {text(mean.mean)}, that of training data, the floor, {text(floor)}. "
        f"{_standing([run.main.estimate(name) for run in model.runs])}"
    )


def _standing(estimates: Sequence[Estimate]) -> str:
    """Whether the scores of all seeds are at the floor; nothing where an interval or the floor is not known."""
    if any(isnan(estimate.low) or isnan(estimate.floor) for estimate in estimates):
        return ""
    if all(estimate.at_floor for estimate in estimates):
        return "That is the floor within their intervals: no difference from the data is seen in so many graphs."
    return "That is above the floor by more than their intervals: there is a difference from the data."


def _good(dataset: GraphDataset) -> str:
    known = _MOLECULES if dataset.first.molecules else _GRAPHS
    names = {name: words for name, words in known.items() if name in dataset.first.main.estimates}
    parts = [
        f"{model.name} " + ", ".join(f"{percent(_share(model, name))} % {words}" for name, words in names.items())
        for model in dataset.models
    ]
    return f"Of what was generated: {'; '.join(parts)}."


def _share(model: GraphModel, name: str) -> float:
    return model.average(lambda run: run.main.estimate(name).value).mean


def _led(dataset: GraphDataset) -> str | None:
    """What came of the values that were asked for."""
    parts = [part for model in dataset.models if (part := _reached(model))]
    return f"Led to a value of a property: {'; '.join(parts)}." if parts else None


def _reached(model: GraphModel) -> str | None:
    found = [run.reached for run in model.runs if run.reached is not None and not isnan(run.reached.asked)]
    if not found:
        return None
    first, name = found[0], PROPERTIES.get(found[0].name, found[0].name)
    mean, deviation, error = (
        number(average(getattr(one, key) for one in found).mean) for key in ("mean", "deviation", "error")
    )
    return (
        f"{model.name} was asked for {name} {number(first.asked)} and made {mean} ± {deviation}, "
        f"{error} from it on average; the test set has {number(first.test_mean)} ± {number(first.test_deviation)}"
    )


def _calls(dataset: GraphDataset) -> str | None:
    """The fewest calls at which the best score of a model's solvers is reached within its interval."""
    name, words = quality_of(dataset)
    text = number if name == "fcd" else four_decimals
    parts = []
    for model in dataset.models:
        rows = [scores for scores in solver_scores(model) if _value(scores, name) == _value(scores, name)]
        if len({scores[0].nfe for scores in rows}) < 2:
            continue
        best = min(rows, key=lambda scores: _value(scores, name))
        limit = max(score.estimate(name).high for score in best)
        few = min((scores for scores in rows if _value(scores, name) <= limit), key=lambda scores: scores[0].nfe)
        solver = few[0].solver.partition(",")[0]
        parts.append(
            f"{model.name} needs {few[0].nfe:.0f} network calls with {solver} ({text(_value(few, name))}; the best, at "
            f"{best[0].nfe:.0f} calls, is {text(_value(best, name))})"
        )
    return f"To stay within the interval of the best {words} of the solvers, {'; '.join(parts)}." if parts else None


def _value(scores: Sequence[GraphScore], name: str) -> float:
    return average(score.estimate(name).value for score in scores).mean


def _chance(dataset: GraphDataset) -> str | None:
    if all(len(model.runs) > 1 for model in dataset.models):
        return None
    return "Where a model was trained with one seed, how much another seed would change its numbers is not known."
