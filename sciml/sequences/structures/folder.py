"""Backbones of all the PDB files of a folder, to train on."""

from collections.abc import Mapping
from pathlib import Path

from sciml.config.inverse_folding import StructureRules
from sciml.io.errors import InputError
from sciml.sequences.structures.backbone import Backbone
from sciml.sequences.structures.pdb import STRICT, read_backbone

ENDINGS = (".pdb", ".ent", ".pdb.gz", ".ent.gz")


def structure_files(folder: Path) -> dict[str, Path]:
    """The PDB files right in a folder by their names before the first dot, in order of these.

    Raises:
        InputError: no such folder, no such file in it, or two of one name.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    found: dict[str, Path] = {}
    for path in sorted(each for each in folder.iterdir() if each.name.lower().endswith(ENDINGS)):
        name = path.name.partition(".")[0]
        if name in found:
            raise InputError(f"{folder}: structures must have different names, got {found[name].name} and {path.name}")
        found[name] = path
    if not found:
        raise InputError(f"{folder}: holds no PDB file, of ending {', '.join(ENDINGS)}")
    return found


def read_backbones(
    files: Mapping[str, Path], chains: Mapping[str, str], rules: StructureRules = STRICT
) -> dict[str, Backbone]:
    """One chain of each file.

    Args:
        files: by name, of `structure_files`.
        chains: letter of the chain by name, for files that have several.
        rules: as of `read_backbone`.

    Raises:
        InputError: a chain of a name that no file has; or as `read_backbone`.
    """
    if unknown := sorted(chains.keys() - files.keys()):
        raise InputError(f"`chains` may name files, which are {', '.join(files)}; got {unknown[0]!r}")
    return {name: read_backbone(path, chains.get(name), rules) for name, path in files.items()}
