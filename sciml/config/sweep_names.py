"""Names of what the rows of a sweep make: the same for the same settings, whatever the other rows are."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping

from sciml.config.sweep_settings import Cell

LONGEST = 60  # characters, so that a path with it fits into what file systems and terminals take
LONGEST_OWN = 100  # of a name that a row is given
DIGITS = 8


def row_name(settings: Mapping[str, Cell], labels: Mapping[str, str]) -> str:
    """The settings as a name of letters, digits, - and _, such as rate_0p01-width_8.

    A name that would be too long, or that two rows could share since a value holds other characters, ends with the first
    digits of the sha256 of the settings.

    Args:
        settings: by column.
        labels: short names of the columns.
    """
    texts = {column: _text(value) for column, value in settings.items()}
    safe = {column: re.sub(r"[^A-Za-z0-9_-]+", "_", text) for column, text in texts.items()}
    name = "-".join(f"{labels[column]}_{safe[column]}" for column in settings) or "unchanged"
    if safe == texts and len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - DIGITS - 1].rstrip('-_')}-{_digest(settings)}"


def short_labels(columns: Iterable[str]) -> dict[str, str]:
    """The last parts of each column, as few as tell it from the others."""
    parts = {column: column.split(".") for column in columns}
    return {column: _shortest(column, parts) for column in parts}


def _shortest(column: str, parts: Mapping[str, list[str]]) -> str:
    own = parts[column]
    for count in range(1, len(own)):
        if not any(other[-count:] == own[-count:] for name, other in parts.items() if name != column):
            return "_".join(own[-count:])
    return "_".join(own)


def _text(value: Cell) -> str:
    """A value as it goes into a name: 0.01 is 0p01, and 1.0 is 1."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int | float):
        return repr(value).removesuffix(".0").replace(".", "p").replace("+", "")
    if isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        return "_".join(map(_text, value))
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _digest(settings: Mapping[str, Cell]) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:DIGITS]
