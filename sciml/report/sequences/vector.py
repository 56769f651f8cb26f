"""Figures as SVG."""

import base64
import io

from matplotlib import rc_context
from matplotlib.figure import Figure


def svg(figure: Figure) -> str:
    """The figure as a data address to put into HTML, the same each time."""
    buffer = io.BytesIO()
    with rc_context({"svg.hashsalt": "sciml", "svg.fonttype": "path"}):  # names of its parts are random otherwise
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return address(buffer.getvalue())


def address(text: bytes) -> str:
    """A drawing in SVG as a data address."""
    return "data:image/svg+xml;base64," + base64.b64encode(text).decode("ascii")
