"""One SHA-256 of a file, of a dataset or of a folder, by which it is known again."""

import json
from hashlib import sha256 as new_sha256
from pathlib import Path

from sciml.io.errors import InputError
from sciml.io.fetch import sha256
from sciml.io.zarr_store import dataset_digest, is_own_store


def content_digest(path: Path) -> str:
    """Hexadecimal digest: of a file its bytes', of a dataset its record's, of a folder that of the digests of its files.

    Raises:
        InputError: nothing is there.
    """
    if path.is_file():
        return sha256(path)
    if not path.is_dir():
        raise InputError(f"{path}: no such file or folder")
    if is_own_store(path):
        return dataset_digest(path)
    files = {each.relative_to(path).as_posix(): sha256(each) for each in sorted(path.rglob("*")) if each.is_file()}
    return new_sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
