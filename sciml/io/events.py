"""A log of events as JSON lines: one object a line, appended and flushed, so that a reader can follow a run as it goes."""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sciml.io.atomic import write_text_if_changed
from sciml.io.errors import InputError


class EventLog:
    """Appends events to a file; a context manager.

    Args:
        path: the file; a last line torn by a killed process is cut off first.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        _cut_torn_line(path)
        self._file = path.open("a", encoding="utf-8")

    def write(self, event: str, **values: Any) -> None:
        """Append {"event": ..., "time": seconds since 1970, **values}."""
        self._file.write(json.dumps({"event": event, "time": round(time.time(), 3), **values}) + "\n")
        self._file.flush()

    def __enter__(self) -> "EventLog":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()


def read_events(path: Path) -> list[dict[str, Any]]:
    """All events of a file; a torn last line is passed over.

    Raises:
        InputError: the file cannot be read, or a line other than the last is not an object in JSON.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    events = []
    for number, line in enumerate(lines, start=1):
        try:
            found = json.loads(line.decode())
        except (ValueError, RecursionError) as error:  # JSON or UTF-8
            if number < len(lines):  # what stands behind the last end of a line is torn, or empty
                raise InputError(f"{path}: line {number} is not JSON: {error}") from error
            continue
        if not isinstance(found, dict):
            raise InputError(f"{path}: line {number} must be an object, got {type(found).__name__}")
        events.append(found)
    return events


def _cut_torn_line(path: Path) -> None:
    if not path.exists() or not path.stat().st_size:
        return
    with path.open("rb+") as file:
        content = file.read()
        if not content.endswith(b"\n"):
            file.truncate(content.rfind(b"\n") + 1)
            file.flush()
            os.fsync(file.fileno())


def join_events(paths: Sequence[Path], joined: Path) -> None:
    """One file of several trainings, one after the other: steps and processor seconds go on from those before."""
    lines, steps, seconds = [], 0, 0.0
    for path in paths:
        events = read_events(path)
        for event in events:
            spent = {"cpu_seconds": seconds + event["cpu_seconds"]} if "cpu_seconds" in event else {}
            lines.append(json.dumps(event | {"step": steps + event["step"]} | spent))
        steps += max(event["step"] for event in events)
        seconds += max(event.get("cpu_seconds", 0.0) for event in events)
    write_text_if_changed(joined, "\n".join(lines) + "\n")
