"""What a data set is and what is predicted from what, in words."""

from typing import Any

from sciml.report.grouping import taught
from sciml.report.numbers import TIMES, whole
from sciml.report.runs import Dataset
from sciml.report.units import variables_of


def describe(dataset: Dataset) -> str:
    """The run's own `description` if it has one; then frames given and predicted, grid, windows, samples, seeds."""
    own = dataset.first.description
    return " ".join(part for part in (own, _task(dataset), _scoring(dataset)) if part)


def _task(dataset: Dataset) -> str:
    first = dataset.first
    given = _window(first.manifest.config).get("given")
    variables = ", ".join(f"{name} ({unit or 'non-dimensional'})" for name, unit in variables_of(dataset).items())
    frames, *space = first.pictures.truth.shape[1:]
    grid = f" {TIMES} ".join(str(size) for size in space)
    before = f"Given {given} frame{'s' * (given != 1)}" if isinstance(given, int) else "Given the start"
    what = variables or "the field (non-dimensional)"
    return f"{before}, the next {frames} frames of {what} are predicted on a grid of {grid} points."


def _scoring(dataset: Dataset) -> str:
    main = dataset.first.main
    members = sorted({run.main.members for model in dataset.models for run in model.runs if not run.main.deterministic})
    samples = f", {' or '.join(map(whole, members))} samples each from generative models" if members else ""
    seeds = sorted({len(model.runs) for model in dataset.models})
    repeated = f"; {' or '.join(map(str, seeds))} seeds a model" if seeds[-1] > 1 else "; one seed a model"
    return f"Scored on {main.windows} held-out windows{samples}{repeated}.{taught(dataset.models)}"


def _window(config: dict[str, Any]) -> dict[str, Any]:
    window = config.get("window")
    return window if isinstance(window, dict) else {}
