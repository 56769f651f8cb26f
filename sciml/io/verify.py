"""Whether results still are what their manifests say, and whether their files are whole.

A manifest is a JSON object with `config`, `versions` and `data_sha256`, as the verbs write it: a file beside a model, or,
under `made_by`, part of scores and samples. It is compared with the files it names, with the settings beside it and with the
packages that are installed. Files that no manifest names are read as far as they can vouch for themselves: model files,
datasets and what verbs write as JSON hold digests of their own, other JSON must be whole.
"""

import json
import os
import platform
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from sciml.io.content import content_digest
from sciml.io.errors import InputError
from sciml.io.events import read_events
from sciml.io.model_file import kind_of, load_model
from sciml.io.seal import SELF, manifest_of, seal
from sciml.io.zarr_store import attributes_of, is_own_store, verify_dataset

Kind = Literal["missing", "torn", "stale", "version"]
Settings = Callable[[Path, str], dict[str, Any]]
CALIBRATION, MODEL = "solver calibration", "model.safetensors"
RUN_OF = re.compile("[0-9a-f]{16}")  # a folder of checkpoints, named by its fingerprint
LATELY = "run it again"


@dataclass(frozen=True)
class Finding:
    """What does not hold.

    Args:
        kind: a file is missing; torn, so not as it was written; stale, made from something else than what is there now; or
            made by other versions of packages.
        path: of the file.
        text: what is wrong with it.
    """

    kind: Kind
    path: Path
    text: str


@dataclass(frozen=True)
class Manifest:
    """A manifest and where it stands."""

    path: Path
    values: dict[str, Any]

    @property
    def complete(self) -> bool:
        """Whether it says which command read and wrote what, as those of earlier versions, and damaged ones, do not."""
        command, settings = self.values.get("command"), self.values.get("settings")
        listed = [self.values.get(role) for role in ("inputs", "outputs")]
        return (
            isinstance(command, list)
            and len(command) > 1
            and all(isinstance(word, str) for word in command)
            and (settings is None or _is_path(settings))
            and all(isinstance(entries, list) and all(map(_is_entry, entries)) for entries in listed)
        )

    @property
    def verb(self) -> str:
        """The verb of the command that wrote it."""
        return str(self.values["command"][1])

    def files(self, role: Literal["inputs", "outputs"]) -> Iterator[tuple[Path, str]]:
        """Path and recorded sha256 of what went in or came out."""
        for entry in self.values[role]:
            yield self._at(entry["path"]), str(entry["sha256"])

    @property
    def settings(self) -> Path | None:
        """The file of settings that the command was given."""
        path = self.values.get("settings")
        return None if path is None else self._at(path)

    def _at(self, path: str) -> Path:
        return Path(os.path.normpath(self.path.parent / path))


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) < 4096 and "\0" not in value


def _is_entry(value: Any) -> bool:
    return isinstance(value, dict) and _is_path(value.get("path")) and isinstance(value.get("sha256"), str)


@dataclass(frozen=True)
class Verified:
    """What was looked at, and what does not hold."""

    manifests: tuple[Manifest, ...]
    files: int
    findings: tuple[Finding, ...]


def verify(folder: Path, settings: Settings, *, inputs: bool = True) -> Verified:
    """Compare all manifests below a folder with what is there, and read what no manifest names.

    Args:
        settings: the resolved settings in a file, of the job of a verb.
        inputs: whether inputs outside the folder are compared; without, results can be looked at where the data is not.

    Raises:
        InputError: no such folder, or no manifest and nothing else to look at below it.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    files = list(_files(folder))
    if not files:
        raise InputError(f"{folder}: holds no manifest, model, dataset or JSON file to verify")
    findings, manifests = [], []
    for path in files:
        try:
            values = _manifest_in(path)
        except InputError as error:
            findings.append(Finding("torn", path, _without(path, error)))
            continue
        if values is not None:
            manifests.append(Manifest(path, values))
    digest = cache(content_digest)
    for manifest in manifests:
        findings += _of_manifest(manifest, settings, digest, folder if not inputs else None)
    told = {finding.path for finding in findings}
    findings += [found for path in files if path not in told for found in _of_file(path, digest)]
    return Verified(tuple(manifests), len(files), tuple(sorted(findings, key=lambda found: (str(found.path), found.kind))))


def is_left_out(path: Path) -> bool:
    """Whether a folder holds what Snakemake keeps for itself, or checkpoints."""
    if path.name != "run" or not path.is_dir():
        return path.name == ".snakemake"
    return all(RUN_OF.fullmatch(each.name) or each.name.startswith(".") for each in path.iterdir())


def _files(folder: Path, above: tuple[Path, ...] = ()) -> Iterator[Path]:
    """What is looked at: JSON, events and models, and datasets as wholes; links are followed, but none back upwards."""
    above = (*above, folder.resolve())
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not is_left_out(path) and path.resolve() not in above:
            if path.suffix == ".zarr" or (path / "zarr.json").is_file():
                yield path
            elif not path.name.startswith("."):
                yield from _files(path, above)
        elif path.is_file() and path.suffix in (".json", ".jsonl", ".safetensors") and not path.name.startswith("."):
            yield path


def _manifest_in(path: Path) -> dict[str, Any] | None:
    """The manifest that a file is, or that is part of it."""
    if path.suffix == ".json":
        return manifest_of(_read_json(path))
    return manifest_of(attributes_of(path)) if path.is_dir() and is_own_store(path) else None


def _read_json(path: Path) -> Any:
    """Its content, which is compared with the digest that it has of itself, if it has one."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:  # JSON or UTF-8
        raise InputError(f"{path}: is not JSON ({error})") from error
    if manifest_of(values) is not None and values.get(SELF, seal(values)) != seal(values):
        raise InputError(f"{path}: is not as it was written: it does not match its own sha256")
    return values


def _of_manifest(
    manifest: Manifest, settings: Settings, digest: Callable[[Path], str], within: Path | None
) -> Iterator[Finding]:
    """What a manifest says that no longer holds.

    Args:
        within: the folder outside which inputs are passed over; None for none.
    """
    if not manifest.complete:
        yield Finding("stale", manifest.path, f"records no command and no digests, as earlier versions did: {LATELY}")
        return
    for path, recorded in manifest.files("outputs"):
        yield from _of_output(manifest, path, recorded, digest)
    for path, recorded in manifest.files("inputs"):
        if within is None or path.resolve().is_relative_to(within.resolve()):
            yield from _of_input(manifest, path, recorded, digest)
    yield from _of_settings(manifest, settings)
    yield from _of_versions(manifest)


def _of_output(manifest: Manifest, path: Path, recorded: str, digest: Callable[[Path], str]) -> Iterator[Finding]:
    if not path.exists():
        yield Finding("missing", path, f"{manifest.path.name} says that it was written: {LATELY}")
        return
    torn = next(_of_file(path, digest), None) if path.is_dir() else None  # the digest of a dataset is that of its record
    if torn is not None or digest(path) != recorded:
        torn = torn or next(_of_file(path, digest), None)
        digests = f"sha256 {digest(path)[:12]}, recorded {recorded[:12]}"
        other = f"is another file than the one that {manifest.path.name} is of ({digests})"
        yield torn or Finding("stale", path, other)


def _of_input(manifest: Manifest, path: Path, recorded: str, digest: Callable[[Path], str]) -> Iterator[Finding]:
    if not path.exists():
        yield Finding("missing", manifest.path, f"was made from {path}, which is not there")
        return
    try:
        found = digest(path)
        if path.is_dir() and (path / "zarr.json").is_file():
            verify_dataset(path)
    except InputError as error:
        yield Finding("torn", path, _without(path, error))
        return
    if found != recorded:
        changed = f"{path}, which has changed since (sha256 {found[:12]}, recorded {recorded[:12]})"
        yield Finding("stale", manifest.path, f"was made from {changed}: {LATELY}")


def _of_settings(manifest: Manifest, settings: Settings) -> Iterator[Finding]:
    path = manifest.settings
    if path is None:
        return
    if not path.is_file():
        yield Finding("missing", manifest.path, f"was made by the settings in {path}, which is not there")
        return
    try:
        now = settings(path, manifest.verb)
    except InputError as error:
        yield Finding("stale", manifest.path, _without_ends(f"its settings cannot be read any more: {error}"))
        return
    recorded = manifest.values["config"]
    recorded = {name: recorded.get(name) for name in now} if isinstance(recorded, dict) else recorded
    if difference := _difference(recorded, now):
        name, before, after = difference
        yield Finding("stale", manifest.path, _without_ends(f"`{name}` was {before}, in {path} it is {after}: {LATELY}"))


def _difference(before: Any, after: Any, name: str = "") -> tuple[str, str, str] | None:
    """The first setting that differs, by its path, and both values."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            if found := _difference(before.get(key), after.get(key), f"{name}.{key}" if name else key):
                return found
        return None
    return None if before == after else (name or "config", _short(before), _short(after))


def _of_versions(manifest: Manifest) -> Iterator[Finding]:
    recorded = manifest.values["versions"]
    if not isinstance(recorded, dict):
        yield Finding("torn", manifest.path, "`versions` is no object")
        return
    found = {name: _installed(name) for name in recorded}
    other = [
        f"{name} {recorded[name]}, here {found[name] or 'none'}"
        for name in sorted(recorded)
        if recorded[name] != found[name]
    ]
    if other:
        yield Finding("version", manifest.path, _without_ends(f"was made with {'; '.join(other)}"))


def _installed(package: str) -> str | None:
    try:
        return platform.python_version() if package == "python" else version(package)
    except (PackageNotFoundError, ValueError):  # the name is empty, or none of a package
        return None


def _of_file(path: Path, digest: Callable[[Path], str]) -> Iterator[Finding]:
    """What a file says of itself that does not hold."""
    try:
        if path.is_dir():
            verify_dataset(path)
        elif path.suffix == ".jsonl":
            read_events(path)
        elif path.suffix == ".safetensors":
            _, description = load_model(path, kind_of(path) or "model of sciml")
            model = path.parent / MODEL
            if description["kind"] == CALIBRATION and model.is_file() and description.get("model") != digest(model):
                yield Finding("stale", path, f"was made for another model than the {MODEL} beside it: calibrate this one")
        elif path.suffix == ".json":
            _read_json(path)
    except InputError as error:
        yield Finding("torn", path, _without(path, error))


def _without(path: Path, error: InputError) -> str:
    """The message, less the path that a line begins with anyway."""
    return _without_ends(str(error).removeprefix(f"{path}: "))


def _without_ends(text: str) -> str:
    return " ".join(text.split())


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
