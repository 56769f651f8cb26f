"""Manifests, and results that hold theirs, know their own content: a change of any value in them is seen."""

from typing import Any

from sciml.io.digest import digest

KEYS = {"config", "versions", "data_sha256"}  # of a manifest
MADE_BY = "made_by"  # where scores and samples have theirs
SELF = "sha256"


def seal(values: dict[str, Any]) -> str:
    """The digest of all values but that of themselves."""
    return digest({name: value for name, value in values.items() if name != SELF})


def sealed(values: dict[str, Any]) -> dict[str, Any]:
    """The values, with their digest where they are or hold a manifest."""
    return values | {SELF: seal(values)} if manifest_of(values) is not None else values


def manifest_of(values: Any) -> dict[str, Any] | None:
    """The manifest that an object is, or holds; None if neither."""
    for found in (values, values.get(MADE_BY) if isinstance(values, dict) else None):
        if isinstance(found, dict) and found.keys() >= KEYS:
            return found
    return None
