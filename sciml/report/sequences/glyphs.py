"""Outlines of letters that fill a box, as SVG."""

from functools import cache

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath

_COMMANDS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}
_UNITS = 1000  # of a side of the box: whole numbers are short
_FONT = FontProperties(family="DejaVu Sans Mono", weight="bold")  # ships with matplotlib; its I has serifs


@cache
def glyph(letter: str) -> str:
    """The path of a letter in a box of 1000 by 1000, y downwards."""
    outline = TextPath((0, 0), letter, size=100, prop=_FONT)
    low, high = outline.get_extents().get_points()
    parts = []
    for points, code in outline.iter_segments(simplify=False, curves=True):
        if code == Path.CLOSEPOLY:
            parts.append("Z")
            continue
        scaled = (points.reshape(-1, 2) - low) / (high - low) * _UNITS
        scaled[:, 1] = _UNITS - scaled[:, 1]
        parts.append(_COMMANDS[code] + " ".join(f"{x:.0f} {y:.0f}" for x, y in np.round(scaled)))
    return "".join(parts)
