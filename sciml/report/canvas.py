"""Drawing without global state: figures made directly, never by pyplot, and their PNG as text."""

import base64
import io
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sciml.report.grouping import Array

HUGE = 1e30  # beyond it a number is not drawn: axes overflow long before float64 does
SIZE = 8  # points


def canvas(width: float, height: float, constrained: bool = True) -> Figure:
    """An empty figure with a canvas that needs no display, in inches."""
    figure = Figure(figsize=(width, height), layout="constrained" if constrained else None, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def drawable(values: Any) -> Array:
    """Float64 with nan where a number is not finite or huge."""
    array = np.asarray(values, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(array) < HUGE, array, np.nan)


def positive(values: Any) -> Array:
    """As `drawable`, with nan where a logarithm has no value or is absurd."""
    array = drawable(values)
    return np.where(array > 1 / HUGE, array, np.nan)


def tidy(axes: Axes, x: str, y: str) -> None:
    """Labels, thin frame, light grid."""
    axes.set_xlabel(x, fontsize=SIZE)
    axes.set_ylabel(y, fontsize=SIZE)
    axes.tick_params(labelsize=SIZE - 1, which="both", color="#999999")
    axes.grid(True, which="major", color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        axes.spines[side].set_color("#999999")


def png(figure: Figure, resolution: int = 180) -> str:
    """The figure as a data address to put into HTML."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=resolution, metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
