"""Reading a run: its domain and, on PDE fields, its files: evaluation.json, manifest.json, pictures.npz, events.jsonl,
perhaps solvers.json."""

import math
import zipfile
from pathlib import Path

import numpy as np

from sciml.io.errors import InputError
from sciml.report.grouping import Array
from sciml.report.history import read_history
from sciml.report.manifest import read_manifest
from sciml.report.record import Record, read_record
from sciml.report.runs import Pictures, Run, Score

_NUMBERS = (
    *("mse", "mse_mean4", "mse_mean", "mae", "mae_mean", "relative_l2", "largest_error", "shock_mse"),
    *("crps", "spread_skill", "seconds_per_sample", "nfe"),
)
_ARRAYS = ("truth", "prediction", "mean", "spread", "spectrum_truth", "spectrum_prediction", "axis_time", "axis_x")


DOMAINS = ("pde", "graphs", "sequences")


def domain_of(directory: Path) -> str:
    """What a directory holds a run on: what its evaluation.json says is its `domain`, else pde.

    Raises:
        InputError: no directory, no readable evaluation, or an unknown domain.
    """
    if not directory.is_dir():
        raise InputError(f"{directory}: no such directory of a run")
    evaluation = read_record(directory / "evaluation.json")
    domain = evaluation.values.get("domain", DOMAINS[0])
    if domain not in DOMAINS:
        raise InputError(
            f"{evaluation.file}: `domain` must be {', '.join(DOMAINS[:-1])} or {DOMAINS[-1]}, got {str(domain)[:60]!r}"
        )
    return str(domain)


def load_run(directory: Path) -> Run:
    """Everything the report needs of one run.

    Raises:
        InputError: naming file and key or array.
    """
    if not directory.is_dir():
        raise InputError(f"{directory}: no such directory of a run")
    evaluation = read_record(directory / "evaluation.json")
    values = evaluation.values
    return Run(
        directory=directory,
        dataset=evaluation.text("dataset"),
        model=evaluation.text("model"),
        seed=evaluation.integer("seed"),
        kind=evaluation.text("kind"),
        description=evaluation.text("description") if values.get("description") is not None else None,
        units={str(name): str(unit or "") for name, unit in evaluation.mapping("units").items()},
        scores=(*_scores(evaluation), *_compared(directory / "solvers.json")),
        error_mean_se=evaluation.number("error_mean_se") if "error_mean_se" in values else math.nan,
        pictures=_pictures(directory / "pictures.npz"),
        manifest=read_manifest(directory / "manifest.json"),
        training=read_history(directory / "events.jsonl"),
    )


def _compared(file: Path) -> tuple[Score, ...]:
    """Scores of further solvers, where they were compared."""
    if not file.exists():
        return ()
    return tuple(_score(record, record.number("distance")) for record in read_record(file).records("scores"))


def _score(record: Record, distance: float = math.nan) -> Score:
    return Score(
        solver=record.text("solver"),
        picked=record.text("picked") if "picked" in record.values else "",
        main=record.flag("main"),
        members=record.integer("members"),
        windows=record.integer("windows"),
        mse_by_step=np.array(record.numbers("mse_by_step"), dtype=np.float64),
        distance=distance,
        **{key: record.number(key) for key in _NUMBERS},
    )


def _scores(evaluation: Record) -> tuple[Score, ...]:
    scores = tuple(_score(record) for record in evaluation.records("scores"))
    if (count := sum(score.main for score in scores)) != 1:
        raise InputError(f"{evaluation.file}: exactly one of `scores` must have `main` true, got {count}")
    return scores


def _pictures(file: Path) -> Pictures:
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror or error})") from error
    except (ValueError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise InputError(f"{file}: is not an npz file of plain arrays ({error})") from error
    for name in _ARRAYS:
        if name not in arrays:
            raise InputError(f"{file}: array `{name}` is missing")
    axis_y = _real(file, "axis_y", arrays["axis_y"]) if "axis_y" in arrays else None
    pictures = Pictures(**{name: _real(file, name, arrays[name]) for name in _ARRAYS}, axis_y=axis_y)
    _check_shapes(file, pictures)
    return pictures


def _real(file: Path, name: str, array: np.ndarray) -> Array:
    if array.dtype.kind not in "fiu":
        raise InputError(f"{file}: array `{name}` must hold numbers, got {array.dtype}")
    return array.astype(np.float64)


def _check_shapes(file: Path, pictures: Pictures) -> None:
    shape = pictures.truth.shape
    axes = [pictures.axis_time, pictures.axis_x]
    if len(shape) == 4 and pictures.axis_y is not None:
        axes.insert(1, pictures.axis_y)
    if len(shape) not in (3, 4) or shape[0] == 0 or shape[1:] != tuple(axis.size for axis in axes):
        raise InputError(
            f"{file}: `truth` must be shaped (window, time, x) or (window, time, y, x) as its axes, got {shape}"
        )
    for name in ("prediction", "mean", "spread"):
        if (found := getattr(pictures, name).shape) != shape:
            raise InputError(f"{file}: `{name}` must be shaped as `truth`, {shape}, got {found}")
    for name in ("spectrum_truth", "spectrum_prediction"):
        if getattr(pictures, name).ndim != 1:
            raise InputError(f"{file}: `{name}` must have one axis, got {getattr(pictures, name).ndim}")
