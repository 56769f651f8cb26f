"""What a verb was called with: its command, the files it read and those it wrote, for the manifest of what it made."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from sciml.cli.options import provenance_of
from sciml.io.content import content_digest

SETTINGS = "config"
WRITTEN = ("output", "events", "pictures", "examples", "export")
REWARDS = ("reward", "oracles")  # each a file, of oracles as NAME=FILE, or a function of the user's own
NEITHER = ("manifest", "run_directory")


def account_of_call(manifest: Path) -> dict[str, Any]:
    """Facts on the verb that runs; none outside a verb.

    Args:
        manifest: the file they go to; paths are written relative to its folder, so that results can be moved as a whole.
    """
    context = click.get_current_context(silent=True)
    if context is None:
        return {}
    named = [(name, path) for name, value in context.params.items() for path in _paths(name, value)]
    settings = [_relative(path, manifest) for name, path in named if name == SETTINGS]
    return {
        "command": ["sciml", str(context.info_name), *_arguments(context)],
        "settings": settings[0] if settings else None,
        "inputs": [_entry(name, path, manifest) for name, path in named if name not in (SETTINGS, *WRITTEN, *NEITHER)],
        "outputs": [_entry(name, path, manifest) for name, path in named if name in WRITTEN],
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def origin_of(output: Path, config: dict[str, Any], data_sha256: str | None, seed: int) -> dict[str, Any]:
    """The manifest that becomes part of a result: of scores as JSON, of samples as an attribute.

    Args:
        output: the result, which cannot hold its own digest; what else the verb writes is to be there already.
        config: the resolved configuration of the job.
        data_sha256: digest of the data that were read, if any were.
        seed: of the job.
    """
    account = account_of_call(output)
    written = [entry for entry in account.get("outputs", []) if entry["option"] != "output"]
    return provenance_of(config, data_sha256, seed) | account | ({"outputs": written} if account else {})


def _paths(name: str, value: Any) -> Iterator[Path]:
    """The paths that a parameter names."""
    for each in value if isinstance(value, tuple) else (value,):
        if isinstance(each, Path) and (name in NEITHER or each.exists()):
            yield each
        elif name in REWARDS and isinstance(each, str) and (path := Path(each.rpartition("=")[2])).is_file():
            yield path


def _arguments(context: click.Context) -> Iterator[str]:
    """The options as a shell would be given them, those that were left at their default among them."""
    for parameter in context.command.params:
        value = context.params.get(parameter.name or "")
        if not isinstance(parameter, click.Option) or value is None or value is False:
            continue
        for each in value if parameter.multiple else (value,):
            yield parameter.opts[0]
            if not parameter.is_flag:
                yield from map(str, each if isinstance(each, tuple) else (each,))


def _entry(name: str, path: Path, manifest: Path) -> dict[str, str]:
    return {"option": name, "path": _relative(path, manifest), "sha256": content_digest(path)}


def _relative(path: Path, manifest: Path) -> str:
    return Path(os.path.relpath(path.resolve(), manifest.parent.resolve())).as_posix()
