"""Cells of tables as numbers."""

import math

from sciml.io.errors import InputError


def number(cell: str, where: str, allowed: str = "a finite number") -> float:
    """What a cell says.

    Args:
        cell: its text.
        where: file, line and column, for the error.
        allowed: what it may be, for the error.

    Raises:
        InputError: no finite number.
    """
    try:
        found = math.nan if "_" in cell else float(cell)  # Python reads 1_0 as 10
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise InputError(f"{where}: must be {allowed}, got {cell!r}")
    return found


def measured(cell: str, where: str) -> float:
    """What a cell says that may be empty, which is not a number.

    Raises:
        InputError: neither empty nor a finite number.
    """
    return number(cell, where, "a finite number, or empty where not measured") if cell.strip() else math.nan
