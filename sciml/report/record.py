"""Reading JSON with errors that name file and key."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sciml.io.errors import InputError


@dataclass(frozen=True)
class Record:
    """A JSON object, and where it stands.

    Args:
        file: it was read from.
        where: path of keys to it, empty at the root.
        values: its content.
    """

    file: Path
    where: str
    values: dict[str, Any]

    def any(self, key: str) -> Any:
        """The value of a key that must be there."""
        if key not in self.values:
            raise InputError(f"{self.file}: key `{self._path(key)}` is missing")
        return self.values[key]

    def text(self, key: str) -> str:
        """A string."""
        value = self.any(key)
        return value if isinstance(value, str) else self._wrong(key, value, "a string")

    def text_or_none(self, key: str) -> str | None:
        """A string, or null."""
        return None if self.any(key) is None else self.text(key)

    def number(self, key: str) -> float:
        """A number; null is nan."""
        return self._float(key, self.any(key))

    def integer(self, key: str) -> int:
        """A whole number, at least 0."""
        value = self.any(key)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        return self._wrong(key, value, "a whole number, at least 0")

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self.any(key)
        return value if isinstance(value, bool) else self._wrong(key, value, "true or false")

    def numbers(self, key: str) -> list[float]:
        """A list of numbers; a null is nan."""
        value = self.any(key)
        if not isinstance(value, list):
            return self._wrong(key, value, "a list of numbers")
        return [self._float(f"{key}[{index}]", item) for index, item in enumerate(value)]

    def mapping(self, key: str) -> dict[str, Any]:
        """An object."""
        value = self.any(key)
        return value if isinstance(value, dict) else self._wrong(key, value, "an object")

    def record(self, key: str) -> "Record":
        """An object, as a record."""
        return Record(self.file, self._path(key), self.mapping(key))

    def records(self, key: str) -> list["Record"]:
        """A list of objects."""
        value = self.any(key)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            return self._wrong(key, value, "a list of objects")
        return [Record(self.file, f"{self._path(key)}[{index}]", item) for index, item in enumerate(value)]

    def _float(self, key: str, value: Any) -> float:
        if value is None:
            return math.nan
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self._wrong(key, value, "a number or null")
        try:
            return float(value)
        except OverflowError:
            return math.copysign(math.inf, value)

    def _path(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def _wrong(self, key: str, value: Any, allowed: str) -> Any:
        raise InputError(f"{self.file}: `{self._path(key)}` must be {allowed}, got {str(value)[:60]!r}")


def read_record(file: Path) -> Record:
    """The JSON object of a file.

    Raises:
        InputError: the file is missing, not JSON, or not an object.
    """
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:  # JSON or UTF-8
        raise InputError(f"{file}: is not JSON ({error})") from error
    if not isinstance(values, dict):
        raise InputError(f"{file}: must hold a JSON object, got {type(values).__name__}")
    return Record(file, "", values)
