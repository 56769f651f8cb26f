"""One colour for each model in all plots, and colour maps.

Colour-blind readers tell the colours of models apart, too (Okabe and Ito 2008).
Colour maps are perceptually uniform or nearly so: diverging for signed fields and errors, sequential for the rest.
"""

from collections.abc import Iterable
from dataclasses import dataclass

TRUTH = "#000000"
SIGNED, UNSIGNED, ERROR, SPREAD = "RdBu_r", "viridis", "PuOr_r", "magma"
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F")  # yellow is lost on white
_DASHES = ("-", "--", ":", "-.")


@dataclass(frozen=True)
class Style:
    """How a model is drawn: colour, and dashes where there are more models than colours."""

    colour: str
    dashes: str


def assign(names: Iterable[str]) -> dict[str, Style]:
    """A style for each name, in order of first appearance."""
    unique = dict.fromkeys(names)
    return {
        name: Style(_COLOURS[index % len(_COLOURS)], _DASHES[index // len(_COLOURS) % len(_DASHES)])
        for index, name in enumerate(unique)
    }
