"""Results as an RO-Crate: files with their sha256, and for each manifest the command that made something from something.

A manifest becomes a CreateAction: its `instrument` is this package, its `object` the settings and inputs, its `result` what
was written, each with its digest. What lies outside the folder, such as data, is described and not packed.

Reference: Soiland-Reyes et al. (2022), Packaging research artefacts with RO-Crate, doi:10.3233/DS-210053; RO-Crate 1.2.
"""

import shlex
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sciml.io.atomic import atomic_directory, atomic_file
from sciml.io.content import content_digest
from sciml.io.errors import InputError
from sciml.io.verify import Manifest, is_left_out, verify

if TYPE_CHECKING:
    from rocrate.rocrate import ROCrate

SPECIFICATION = "1.2"
METADATA = "ro-crate-metadata.json"
TYPES = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".log": "text/plain",
    ".npz": "application/zip",
    ".safetensors": "application/octet-stream",
    ".svg": "image/svg+xml",
    ".tsv": "text/tab-separated-values",
    ".yaml": "application/yaml",
}


def write_crate(folder: Path, output: Path, licence: str = "not stated") -> None:
    """Pack the results below a folder.

    Args:
        output: a file that ends in .zip, or a folder to write or replace.
        licence: under which others may use the results, such as the address of one.

    Raises:
        InputError: no such folder, nothing in it, an output inside it, around it or in the place of another folder, a file
            that is torn or not the one its manifest is of, or no package rocrate.
    """
    try:
        from rocrate.rocrate import ROCrate
    except ImportError as error:
        raise InputError("`sciml crate` needs the package rocrate: pip install 'sciml[crate]'") from error
    inner, outer = folder.resolve(), output.resolve()
    if outer.is_relative_to(inner) or inner.is_relative_to(outer):
        raise InputError(f"{output}: must lie outside {folder}, which is packed, and not around it")
    if output.is_dir() and any(output.iterdir()) and not (output / METADATA).is_file():
        raise InputError(f"{output}: is a folder with other things in it (no {METADATA}), which would be lost: name another")
    found = verify(folder, lambda path, verb: {}, inputs=False)
    wrong = [each for each in found.findings if each.kind in ("torn", "missing")]
    wrong += [each for each in found.findings if each.kind == "stale" and each.path.suffix != ".json"]
    if wrong:
        raise InputError(f"{wrong[0].path}: {wrong[0].text}; `sciml verify {folder}` names all that is wrong")
    crate = ROCrate(version=SPECIFICATION)
    crate.license = licence
    _describe(crate, folder, found.manifests)
    if output.suffix == ".zip":
        with atomic_file(output) as temporary:
            packed = temporary.with_name(f"{temporary.name}.zip")  # the ending is the library's own
            try:
                crate.write_zip(packed)
                packed.replace(temporary)
            finally:
                packed.unlink(missing_ok=True)
    else:
        with atomic_directory(output) as temporary:
            crate.write(temporary)


def _describe(crate: "ROCrate", folder: Path, manifests: tuple[Manifest, ...]) -> None:
    crate.name = f"Results in {folder.resolve().name}"
    crate.description = "Trained generative models, their samples and scores, with settings, manifests and events."
    known = {path: _add(crate, folder, path) for path in _packed(folder)}
    package = _entity(crate, "#sciml", "SoftwareApplication", name="sciml", softwareVersion=version("sciml"))
    for number, manifest in enumerate(manifests, start=1):
        if not manifest.complete:
            continue
        made = [path for path, _ in manifest.files("outputs")] + [manifest.path]
        crate.add_action(
            package,
            identifier=f"#run-{number}",
            object=[_input(crate, known, path, digest) for path, digest in _read(manifest)],
            result=[known[path] for path in made if path in known],
            properties=_action(manifest, folder),
        )


def _action(manifest: Manifest, folder: Path) -> dict[str, Any]:
    values = manifest.values
    return {
        "name": f"{manifest.verb} {manifest.path.parent.relative_to(folder).as_posix()}",
        "description": shlex.join(map(str, values["command"])),
        "startTime": values.get("started"),
        "endTime": values.get("ended"),
        "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
        "softwareRequirements": [f"{name} {number}" for name, number in sorted(values["versions"].items())],
    }


def _read(manifest: Manifest) -> list[tuple[Path, str | None]]:
    settings = [(manifest.settings, None)] if manifest.settings is not None else []
    return [*settings, *manifest.files("inputs")]


def _packed(folder: Path, above: tuple[Path, ...] = ()) -> list[Path]:
    """Files and whole datasets to pack, by name; checkpoints and hidden files are left out, links followed but upwards."""
    found: list[Path] = []
    above = (*above, folder.resolve())
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or is_left_out(path) or path.resolve() in above:
            continue
        if path.is_dir() and path.suffix != ".zarr":
            found += _packed(path, above)
        else:
            found.append(path)
    return found


def _add(crate: "ROCrate", folder: Path, path: Path) -> Any:
    """A file with its digest, or a dataset with that of its record."""
    place = path.relative_to(folder).as_posix()
    facts = {"name": path.name, "sha256": content_digest(path)}
    if path.is_dir():
        return crate.add_dataset(path, place, properties=facts)
    facts |= {"encodingFormat": TYPES.get(path.suffix, "application/octet-stream"), "contentSize": str(path.stat().st_size)}
    return crate.add_file(path, place, properties=facts)


def _input(crate: "ROCrate", known: dict[Path, Any], path: Path, digest: str | None) -> Any:
    if path in known:
        return known[path]
    described = {"name": path.name, "description": "an input that is not packed"} | ({"sha256": digest} if digest else {})
    return _entity(crate, f"#{digest or path.name}", "CreativeWork", **described)


def _entity(crate: "ROCrate", identifier: str, kind: str, **properties: Any) -> Any:
    from rocrate.model.contextentity import ContextEntity

    return crate.dereference(identifier) or crate.add(
        ContextEntity(crate, identifier, properties={"@type": kind, **properties})
    )
