"""Reading manifest.json."""

from pathlib import Path

from sciml.report.grouping import Manifest
from sciml.report.record import read_record


def read_manifest(file: Path) -> Manifest:
    """Where a run comes from.

    Raises:
        InputError: naming file and key.
    """
    record = read_record(file)
    return Manifest(
        config=record.mapping("config"),
        versions=record.mapping("versions"),
        git_commit=record.text_or_none("git_commit"),
        data_sha256=record.text("data_sha256"),
        device=record.text("device"),
        threads=record.number("threads"),
        steps=record.number("steps"),
        cpu_seconds=record.number("cpu_seconds"),
        wall_seconds=record.number("wall_seconds"),
        precision=record.text_or_none("precision"),
        parameters=record.number("parameters"),
        started=record.text("started"),
    )
