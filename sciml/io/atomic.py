"""Writing so that a reader finds either the whole artefact or the one before it, never a part.

Everything is written to a hidden sibling (same file system, so that renaming is atomic), flushed, then renamed.
"""

import errno
import glob
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sciml.io.errors import InputError


def _sibling(path: Path, role: str) -> Path:
    return path.parent / f".{path.name}.{role}-{os.getpid()}-{secrets.token_hex(4)}"


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def system_error(error: Exception, path: Path) -> OSError | None:
    """The error of the system behind what a library says in words of its own, such as that a disk is full; None if none is.

    Args:
        error: raised while something was written.
        path: that was to be written; named in the error instead of its temporary name.
    """
    behind = error if isinstance(error, OSError) else error.__context__
    number = behind.errno if isinstance(behind, OSError) else None
    if number is None and (said := re.search(r"\(os error (\d+)\)", str(error))):
        number = int(said[1])
    if number is None and isinstance(error, RuntimeError) and not os.statvfs(path.parent).f_bavail:
        number = errno.ENOSPC
    return None if number is None else OSError(number, os.strerror(number), str(path))


@contextmanager
def _told_by_the_system(path: Path) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except (OSError, RuntimeError) as error:
        if said := system_error(error, path):
            raise said from error
        raise


@contextmanager
def atomic_file(path: str | Path) -> Iterator[Path]:
    """Gives a temporary path to write to; on success it is flushed to disk and renamed to `path`.

    Args:
        path: The file to write or replace. Missing parent folders are made.

    Raises:
        InputError: `path` is a directory.
        OSError: it cannot be written, such as on a full disk, whichever way the library that writes says so.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"`{path}` is a directory, a file is to be written there")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _sibling(path, "tmp")
    try:
        with _told_by_the_system(path):
            yield temporary
            _fsync(temporary)
            os.replace(temporary, path)
            _fsync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_directory(path: str | Path) -> Iterator[Path]:
    """Gives an empty temporary directory to fill; on success it takes the place of `path`.

    A directory already at `path` is moved aside, and removed only once the new one is in place. Each file and
    folder is flushed first, so that a crash of the machine cannot leave a renamed but empty directory.

    Args:
        path: The directory to write or replace. Missing parent folders are made.

    Raises:
        InputError: `path` is a file.
    """
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise InputError(f"`{path}` is a file, a directory is to be written there")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _sibling(path, "tmp")
    temporary.mkdir()
    try:
        with _told_by_the_system(path):
            yield temporary
            for entry in [*temporary.rglob("*"), temporary]:
                _fsync(entry)
            _replace_directory(temporary, path)
            _fsync(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_leftovers(path: Path) -> None:
    """Deletes what processes that were killed while writing `path` left beside it: only for who alone may write there."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.tmp-*"):
        leftover.unlink(missing_ok=True)


def _replace_directory(new: Path, path: Path) -> None:
    """Renames `new` to `path`; what was there is put back if that fails, else removed."""
    if not path.exists():
        os.rename(new, path)
        return
    old = _sibling(path, "old")
    os.rename(path, old)
    try:
        os.rename(new, path)
    except OSError:
        os.rename(old, path)
        raise
    shutil.rmtree(old)


def write_text_if_changed(path: str | Path, text: str) -> bool:
    """Writes `text` (UTF-8) to `path` unless the file holds just that already, so that its time stamp stays.

    Returns:
        Whether the file was written.
    """
    path = Path(path)
    encoded = text.encode()
    if path.is_file() and path.read_bytes() == encoded:
        return False
    with atomic_file(path) as temporary:
        temporary.write_bytes(encoded)
    return True
