"""Sentences about who wins, derived from the numbers: none is written before they are known."""

import math
from collections.abc import Callable, Iterable

import numpy as np

from sciml.report.columns import mse_mean, score_crps
from sciml.report.grouping import Average
from sciml.report.numbers import number
from sciml.report.runs import Dataset, Model, Run

EQUAL = 0.01  # relative difference below which numbers count as equal

Value = Callable[[Run], float]


def findings(dataset: Dataset) -> list[str]:
    """What the main table says about ensembles against single forecasts, about calibration, scales and cost."""
    ensembles = [model for model in dataset.models if not model.first.deterministic]
    singles = [model for model in dataset.models if model.first.deterministic]
    sentences = (
        _failed(dataset),
        _point(ensembles, singles),
        _distribution(ensembles, singles),
        _shock(ensembles, singles),
        _calibration(ensembles),
        _small_scales(ensembles, singles),
        _cost(ensembles, singles),
        _untrained(dataset),
        _chance(dataset),
    )
    return [sentence for sentence in sentences if sentence]


def best(models: Iterable[Model], value: Value) -> tuple[Model, Average] | None:
    """The model with the lowest finite average."""
    found = [(model, mean) for model in models if (mean := model.average(value)).finite]
    return min(found, key=lambda item: item[1].mean) if found else None


def difference(a: Average, b: Average) -> tuple[int, str]:
    """Sign of a - b, 0 where it is below 1 % or the seeds' deviation; and in words: "12 % lower than"."""
    noise = math.hypot(*(x.deviation for x in (a, b) if math.isfinite(x.deviation)), 0.0)
    gap = a.mean - b.mean
    if abs(gap) <= EQUAL * abs(b.mean):
        return 0, "equal within 1 % to"
    if abs(gap) <= noise:
        return 0, "within the deviation between seeds of"
    sign = 1 if gap > 0 else -1
    if b.mean <= 0 or a.mean > 2 * b.mean:
        times = f"{number(a.mean / b.mean)} times" if b.mean > 0 else "above"
        return sign, times
    return sign, f"{number(abs(gap) / b.mean * 100)} % {'higher' if sign > 0 else 'lower'} than"


def _point(ensembles: list[Model], singles: list[Model]) -> str | None:
    left, right = best(ensembles, lambda run: mse_mean(run.main)), best(singles, lambda run: run.main.mse)
    if not (left and right):
        return None
    model, mean = left
    sign, words = difference(mean, right[1])
    winner = ("neither wins", f"{right[0].name} wins", f"{model.name} wins")[sign]
    sample = model.average(lambda run: run.main.mse)
    after = f" One sample of it alone has {number(sample.mean)}, {difference(sample, right[1])[1]} that of {right[0].name}."
    return (
        f"As a point forecast, {winner}: the mean of all samples of {model.name} has a mean square error of "
        f"{number(mean.mean)}, {words} the {number(right[1].mean)} of {right[0].name}, the best deterministic model."
        + (after if sample.finite else "")
    )


def _distribution(ensembles: list[Model], singles: list[Model]) -> str | None:
    left = best(ensembles, lambda run: score_crps(run.main))
    right = best(singles, lambda run: score_crps(run.main))
    if not (left and right):
        return None
    sign, words = difference(left[1], right[1])
    meaning = ("an even match", "one forecast beats the ensemble", "the ensemble beats one forecast")[sign]
    return (
        f"As a forecast of the distribution, {meaning}: the CRPS of {left[0].name}, {number(left[1].mean)}, is {words} "
        f"the lowest MAE of a deterministic model, {number(right[1].mean)} of {right[0].name}."
    )


def _shock(ensembles: list[Model], singles: list[Model]) -> str | None:
    left, right = (best(models, lambda run: run.main.shock_mse) for models in (ensembles, singles))
    if not (left and right):
        return None
    return (
        f"At shocks, the mean square error of one sample of {left[0].name}, {number(left[1].mean)}, is "
        f"{difference(left[1], right[1])[1]} that of {right[0].name}, {number(right[1].mean)}."
    )


def _calibration(ensembles: list[Model]) -> str | None:
    found = [(model.name, model.average(lambda run: run.main.spread_skill)) for model in ensembles]
    parts = [f"{name} {number(ratio.mean)} ({_calibrated(ratio.mean)})" for name, ratio in found if ratio.finite]
    return f"Spread over skill, 1 when calibrated: {', '.join(parts)}." if parts else None


def _calibrated(ratio: float) -> str:
    if 0.9 <= ratio <= 1.1:
        return "close to calibrated"
    return "overconfident" if ratio < 1 else "too cautious"


def _small_scales(ensembles: list[Model], singles: list[Model]) -> str | None:
    left = best(ensembles, lambda run: run.main.mse)
    right = best([model for model in singles if model.first.trained], lambda run: run.main.mse)
    shares = [(pair[0].name, pair[0].average(_small_scale_power)) for pair in (left, right) if pair]
    parts = [f"{_amount(share.mean)} the truth's power in {name}" for name, share in shares if share.finite]
    return f"In the upper third of wavenumbers there is {' and '.join(parts)}." if parts else None


def _amount(share: float) -> str:
    return f"{number(100 * share)} % of" if share < 2 else f"{number(share)} times"


def _small_scale_power(run: Run) -> float:
    truth, predicted = run.pictures.spectrum_truth, run.pictures.spectrum_prediction
    if truth.shape != predicted.shape or not np.isfinite([truth, predicted]).all():
        return math.nan
    start = len(truth) - len(truth) // 3
    total = float(truth[start:].sum())
    return float(predicted[start:].sum()) / total if total > 0 else math.nan


def _cost(ensembles: list[Model], singles: list[Model]) -> str | None:
    left = best(ensembles, lambda run: score_crps(run.main))
    right = best([model for model in singles if model.first.trained], lambda run: run.main.mse)
    if not (left and right):
        return None
    ours, theirs = (pair[0].average(lambda run: run.main.seconds_per_sample) for pair in (left, right))
    if not (ours.finite and theirs.finite and theirs.mean > 0):
        return None
    return (
        f"A sample of {left[0].name} takes {number(ours.mean)} CPU-s, {number(ours.mean / theirs.mean)} times "
        f"a forecast of {right[0].name}."
    )


def _untrained(dataset: Dataset) -> str | None:
    baseline = best([model for model in dataset.models if not model.first.trained], lambda run: mse_mean(run.main))
    if not baseline:
        return None
    means = [(model.name, model.average(lambda run: mse_mean(run.main))) for model in dataset.models if model.first.trained]
    beaten = [name for name, mean in means if mean.mean >= baseline[1].mean]
    return f"No better than {baseline[0].name} in mean square error: {', '.join(beaten)}." if beaten else None


def _failed(dataset: Dataset) -> str | None:
    names = [model.name for model in dataset.models if not model.average(lambda run: run.main.mse).finite]
    return f"Without a finite mean square error, so compared with nothing: {', '.join(names)}." if names else None


def _chance(dataset: Dataset) -> str | None:
    if all(len(model.runs) > 1 for model in dataset.models if model.first.trained):
        return None
    return "Where a model was trained with one seed, how much another seed would change its numbers is not known."
