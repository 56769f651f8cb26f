"""Reading events.jsonl: the loss as it fell."""

from pathlib import Path

import numpy as np

from sciml.io.errors import InputError
from sciml.io.events import read_events
from sciml.report.grouping import Array
from sciml.report.record import Record


def read_history(file: Path) -> Array:
    """Loss against processor seconds; after a resume the later record of a step counts, and none after its last."""
    if not file.is_file():
        raise InputError(f"{file}: cannot be read (no such file); a model without training has an empty one")
    steps: dict[int, tuple[float, float]] = {}
    for event in read_events(file):
        if not isinstance(event, dict):
            raise InputError(f"{file}: each line must hold a JSON object, got {str(event)[:60]!r}")
        if event.get("event") == "step":
            record = Record(file, "step", event)
            steps[record.integer("step")] = (record.number("cpu_seconds"), record.number("loss"))
    return np.array([steps[step] for step in sorted(steps)], dtype=np.float64).reshape(-1, 2)
