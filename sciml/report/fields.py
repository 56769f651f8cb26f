"""Pictures of fields: truth, samples, their errors, mean and spread of the ensemble, for all models side by side."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from sciml.report.canvas import SIZE, canvas, drawable
from sciml.report.grouping import Array
from sciml.report.palette import ERROR, SIGNED, SPREAD, UNSIGNED
from sciml.report.runs import Dataset
from sciml.report.units import label

LEADS = 3  # lead times shown of fields in two dimensions
WINDOWS = 3  # example windows shown
_WIDTH = 12.0


@dataclass(frozen=True)
class Picture:
    """A figure, what it shows, and whether it is shown at once or on demand."""

    figure: Figure
    caption: str
    shown: bool


@dataclass(frozen=True)
class _Frame:
    """An image (vertical, horizontal) of one model, with mean and spread of its ensemble."""

    name: str
    sample: Array
    mean: Array
    spread: Array
    deterministic: bool
    neural: bool


@dataclass(frozen=True)
class _Plane:
    """The two axes of an image."""

    horizontal: Array
    vertical: Array
    labels: tuple[str, str]


def pictures(dataset: Dataset) -> Iterator[Picture]:
    """For one space dimension a space-time image a window, for two an image at each of a few lead times."""
    shared = dataset.first.pictures
    units = dataset.first.units
    x, y, time = (label(name, units.get(name, "")) for name in ("x", "y", "time"))
    flat = shared.truth.ndim == 3
    for window in range(min(WINDOWS, len(shared.truth))):
        if flat:
            plane = _Plane(shared.axis_time, shared.axis_x, (time, x))
            yield Picture(_draw(dataset, plane, window, None), f"Test window {window + 1}.", window == 0)
            continue
        for lead in _leads(len(shared.axis_time)):
            vertical = shared.axis_y if shared.axis_y is not None else shared.axis_x  # two dimensions have axis_y: load.py
            plane = _Plane(shared.axis_x, vertical, (x, y))
            when = f"{shared.axis_time[lead]:.4g} {units.get('time', '')}".strip()
            caption = f"Test window {window + 1}, frame {lead + 1} of {len(shared.axis_time)}, time {when}."
            yield Picture(_draw(dataset, plane, window, lead), caption, window == 0)


def _leads(frames: int) -> list[int]:
    return sorted({round(share * (frames - 1)) for share in np.linspace(0, 1, LEADS)})


def _draw(dataset: Dataset, plane: _Plane, window: int, lead: int | None) -> Figure:
    def image(fields: Array) -> Array:
        return drawable(fields[window].T if lead is None else fields[window, lead])

    truth = image(dataset.first.pictures.truth)
    frames = [
        _Frame(run.model, image(p.prediction), image(p.mean), image(p.spread), run.deterministic, run.trained)
        for run in (model.first for model in dataset.models)
        for p in [run.pictures]
    ]
    return _grid(truth, frames, plane, 0.8 if lead is None else truth.shape[0] / truth.shape[1])


def _grid(truth: Array, frames: list[_Frame], plane: _Plane, aspect: float) -> Figure:
    """Columns: truth, then a model each. Rows: sample, its error; with ensembles their mean and spread."""
    rows = 4 if any(not frame.deterministic for frame in frames) else 2
    figure, axes = _places(rows, len(frames) + 1, aspect)
    field_map, field_limits = _field_colours(truth)
    errors = [frame.sample - truth for frame in frames]
    error_limits = _symmetric([e for e, frame in zip(errors, frames, strict=True) if frame.neural] or errors)
    spread_limits = (0.0, _largest([frame.spread for frame in frames if not frame.deterministic]))
    _image(axes[0, 0], truth, plane, field_map, field_limits)
    for column, frame in enumerate(frames, start=1):
        _image(axes[0, column], frame.sample, plane, field_map, field_limits)
        _image(axes[1, column], errors[column - 1], plane, ERROR, error_limits)
        if not frame.deterministic:
            _image(axes[2, column], frame.mean, plane, field_map, field_limits)
            _image(axes[3, column], frame.spread, plane, SPREAD, spread_limits)
    _dress(figure, axes, ["truth", *(frame.name for frame in frames)], plane)
    return figure


def _places(rows: int, columns: int, aspect: float) -> tuple[Figure, np.ndarray]:
    """A grid of panels of height/width `aspect`, and a narrow last column for colour bars.

    Places are worked out here: constrained layout takes a second for each figure of so many panels.
    """
    left, right, gap, top, bottom = 0.55, 0.45, 0.1, 0.3, 0.1  # inches
    width = (_WIDTH - left - right - (columns + 1) * gap) / (columns + 0.07)
    height = min(max(width * aspect, 0.5), 3.5)
    lower = 0.4  # below the first row, for the axis of the truth
    total = top + rows * height + (rows - 2) * gap + lower + bottom
    figure = canvas(_WIDTH, total, constrained=False)
    axes = np.empty((rows, columns + 1), dtype=object)
    for row, column in np.ndindex(axes.shape):
        x = left + column * (width + gap)
        y = total - top - (row + 1) * height - (row > 0) * (lower + (row - 1) * gap)
        wide = width if column < columns else 0.07 * width
        axes[row, column] = figure.add_axes((x / _WIDTH, y / total, wide / _WIDTH, height / total))
    return figure, axes


def _image(axes: Axes, values: Array, plane: _Plane, cmap: str, limits: tuple[float, float]) -> AxesImage:
    """An image whose vertical axis points up, whichever way its coordinate runs."""
    (left, right), (bottom, top) = _edges(plane.horizontal), _edges(plane.vertical)
    if left > right:
        left, right, values = right, left, values[:, ::-1]
    if bottom > top:
        bottom, top, values = top, bottom, values[::-1]
    return axes.imshow(
        np.clip(values, *limits),
        cmap=cmap,
        vmin=limits[0],
        vmax=limits[1],
        origin="lower",
        extent=(left, right, bottom, top),
        aspect="auto",
        interpolation="nearest",
    )


def _edges(axis: Array) -> tuple[float, float]:
    """Half a step beyond the first and last coordinate; indices where the coordinates are of no use."""
    axis = drawable(axis)
    if len(axis) < 2 or not np.isfinite(axis[[0, -1]]).all() or axis[0] == axis[-1]:
        return -0.5, len(axis) - 0.5
    half = (axis[-1] - axis[0]) / (len(axis) - 1) / 2
    return float(axis[0] - half), float(axis[-1] + half)


def _dress(figure: Figure, axes: np.ndarray, names: list[str], plane: _Plane) -> None:
    """Titles, row labels, colour bars; only the truth has axes, empty places are left blank."""
    labels = ("", "error of\nthe sample", "mean of\nsamples", "spread of\nsamples")
    for place, name in zip(axes[0], names, strict=False):
        place.set_title(name, fontsize=SIZE, fontweight="bold" if name == "truth" else "normal")
    for row, places in enumerate(axes):
        for place in places[:-1]:
            place.set(xticks=[], yticks=[], frame_on=False)
        places[0].text(0.97, 0.5, labels[row], transform=places[0].transAxes, ha="right", va="center", fontsize=SIZE)
        if images := [image for place in places for image in place.images]:
            bar = figure.colorbar(images[-1], cax=places[-1])
            bar.ax.tick_params(labelsize=SIZE - 2, length=2)
            bar.outline.set_visible(False)
        else:
            places[-1].set_axis_off()
    truth = axes[0, 0]
    truth.xaxis.set_major_locator(MaxNLocator(4))
    truth.yaxis.set_major_locator(MaxNLocator(4))
    truth.tick_params(labelsize=SIZE - 2, length=2, color="#999999")
    truth.set_xlabel(plane.labels[0], fontsize=SIZE - 1)
    truth.set_ylabel(plane.labels[1], fontsize=SIZE - 1)


def _field_colours(truth: Array) -> tuple[str, tuple[float, float]]:
    """A diverging map about zero for fields of both signs, else a sequential one; outliers do not set the scale."""
    finite = truth[np.isfinite(truth)]
    if not len(finite):
        return UNSIGNED, (0.0, 1.0)
    low, high = (float(value) for value in np.quantile(finite, (0.002, 0.998)))
    if low < 0 < high and min(-low, high) > 0.1 * max(-low, high):
        return SIGNED, (-max(-low, high), max(-low, high))
    return UNSIGNED, (low, high) if low < high else (low - 0.5, low + 0.5)


def _symmetric(arrays: list[Array]) -> tuple[float, float]:
    largest = _largest([np.abs(array) for array in arrays])
    return -largest, largest


def _largest(arrays: list[Array]) -> float:
    """The 99.5th percentile of all finite values, 1 if it is not positive."""
    finite = np.concatenate([array[np.isfinite(array)] for array in arrays]) if arrays else np.zeros(0)
    value = float(np.quantile(finite, 0.995)) if len(finite) else 0.0
    return value if value > 0 else 1.0
