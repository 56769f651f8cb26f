"""Sequence logos: letters as high as they tell.

    height of letter c at place j = p_cj R_j,    R_j = log2(s) + sum_c p_cj log2(p_cj) - (s - 1) / (2 ln(2) n),    in bits,

n sites and s letters of the alphabet; the last term corrects the entropy of few sites, and R below 0 counts as 0.

Reference: Schneider and Stephens (1990), doi:10.1093/nar/18.20.6097.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from sciml.report.grouping import Array
from sciml.report.sequences.glyphs import glyph
from sciml.report.sequences.runs import Sites
from sciml.report.sequences.vector import address

_DNA = {"A": "#009E73", "C": "#0072B2", "G": "#E69F00", "T": "#D55E00"}
_PROTEIN = {  # by chemistry
    **dict.fromkeys("AVLIMFWP", "#333333"),
    **dict.fromkeys("GSTCYNQ", "#009E73"),
    **dict.fromkeys("DE", "#D55E00"),
    **dict.fromkeys("KRH", "#0072B2"),
}
COLUMNS = 3
_WIDE, _HIGH = 300, 84  # of a panel's letters
_LEFT, _TOP, _BELOW, _APART = 30, 20, 20, 16
_WIDEST = 36.0  # of a letter
_LEAST = 0.004  # of the full height: lower letters are not drawn
_TEXT = "font-family='system-ui, Segoe UI, Roboto, Helvetica, Arial, sans-serif'"


@dataclass(frozen=True)
class Panel:
    """A logo and what stands above it."""

    title: str
    sites: Sites


def heights(counts: Array) -> Array:
    """Bits of each letter at each place, (letter, place); 0 where nothing was counted."""
    total = counts.sum(0)
    shares = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
    tells = np.where(shares > 0, shares * np.log2(np.where(shares > 0, shares, 1)), 0).sum(0)
    few = np.divide(len(counts) - 1, 2 * math.log(2) * total, out=np.full_like(total, np.inf), where=total > 0)
    return np.asarray(shares * np.maximum(math.log2(len(counts)) + tells - few, 0))


def picture(panels: Sequence[Panel], alphabet: str) -> str:
    """A grid of logos as a data address; all have one scale, from 0 to log2 of the number of letters.

    Args:
        panels: of one motif.
        alphabet: the letters that are counted.
    """
    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    wide, high = _LEFT + _WIDE + _APART, _TOP + _HIGH + _BELOW
    colours = _DNA if set(alphabet) <= set(_DNA) else _PROTEIN
    outlines = "".join(
        f"<path id='{letter}' fill='{colours.get(letter, '#333333')}' d='{glyph(letter)}'/>" for letter in alphabet
    )
    drawn = "".join(
        f"<g transform='translate({k % columns * wide} {k // columns * high})'>{_panel(panel, alphabet)}</g>"
        for k, panel in enumerate(panels)
    )
    size = f"width='{columns * wide}' height='{rows * high}' viewBox='0 0 {columns * wide} {rows * high}'"
    text = f"<svg xmlns='http://www.w3.org/2000/svg' {size}><defs>{outlines}</defs>{drawn}</svg>"
    return address(text.encode())


def _panel(panel: Panel, alphabet: str) -> str:
    top = math.log2(len(alphabet))
    title = f"<text x='{_LEFT}' y='13' font-size='12' fill='#1c2430' {_TEXT}>{escape(panel.title)}</text>"
    body = (
        _letters(heights(panel.sites.counts) / top, alphabet)
        if panel.sites.sites
        else _label(_WIDE / 2, _HIGH / 2, "no sites")
    )
    return f"{title}<g transform='translate({_LEFT} {_TOP})'>{_axis(top, panel.sites.counts.shape[1])}{body}</g>"


def _letters(shares: Array, alphabet: str) -> str:
    """Of the panel's height; the highest letter of a place is on top."""
    places = shares.shape[1]
    wide = _letter_width(places)
    parts = []
    for j in range(places):
        base = float(_HIGH)
        for k in np.argsort(shares[:, j], kind="stable"):
            high = shares[k, j] * _HIGH
            if shares[k, j] < _LEAST:
                continue
            base -= high
            scale = f"{0.96 * wide / 1000:.5f} {high / 1000:.5f}"
            place = f"{(j + 0.02) * wide:.2f} {base:.2f}"
            parts.append(f"<use href='#{alphabet[k]}' transform='translate({place}) scale({scale})'/>")
    return "".join(parts)


def _axis(top: float, places: int) -> str:
    """A line below, the ends of the scale, and every fifth place."""
    wide = _letter_width(places)
    lines = f"<path d='M-4 0H0V{_HIGH}H{wide * places:.0f}M-4 {_HIGH}H0' fill='none' stroke='#999999'/>"
    ends = _label(-7, 4, f"{top:.3g}", "end") + _label(-7, _HIGH + 4, "0", "end")
    numbers = (place for place in range(1, places + 1) if place == 1 or place % 5 == 0 or places <= 12)
    return lines + ends + "".join(_label((place - 0.5) * wide, _HIGH + 12, str(place)) for place in numbers)


def _letter_width(places: int) -> float:
    return min(_WIDE / places, _WIDEST)


def _label(x: float | int, y: float | int, text: str, anchor: str = "middle") -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' font-size='9' fill='#5b6675' text-anchor='{anchor}' {_TEXT}>{text}</text>"
