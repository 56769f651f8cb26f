"""Numbers as a reader likes them: three significant digits, no 1.3e-05."""

import math

from sciml.report.grouping import Average

MISSING, MINUS, TIMES = "\N{EN DASH}", "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float | int) -> str:
    """Three significant digits; powers of ten below 0.001 and from 100 000; a dash for nan."""
    if not math.isfinite(value):
        return MISSING if math.isnan(value) else "∞" if value > 0 else f"{MINUS}∞"
    exponent, decimals = _scale(value)
    return f"{_fixed(value / 10**exponent, decimals)}{_power(exponent)}"


def deviation(value: Average) -> str:
    """The standard deviation to the digits and in the power of ten of the mean; empty of one seed."""
    if not (value.finite and math.isfinite(value.deviation)):
        return ""
    exponent, decimals = _scale(value.mean if value.mean else value.deviation)
    return f"± {_fixed(value.deviation / 10**exponent, decimals)}{_power(exponent)}"


def count(value: float | int) -> str:
    """A large whole number: 1.23 M, 45.6 k, 789."""
    if not math.isfinite(value):
        return number(value)
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{number(value / size)} {letter}"
    return f"{value:.0f}"


def whole(value: float | int) -> str:
    """A whole number in full, or a dash."""
    return f"{value:.0f}" if math.isfinite(value) else number(value)


def _scale(value: float | int) -> tuple[int, int]:
    """Power of ten to split off (0: none), and decimals after that, so that three digits count."""
    if value == 0:
        return 0, 0
    magnitude = max(-300, int(f"{abs(value):.2e}".partition("e")[2]))  # of the rounded value: 0.9999 is 1.00
    if -3 <= magnitude < 5:
        return 0, max(0, 2 - magnitude)
    return magnitude, 2


def _power(exponent: int) -> str:
    return f"{TIMES}10{str(exponent).translate(_SUPERSCRIPT)}" if exponent else ""


def _fixed(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}".replace("-", MINUS)
