"""Text files line by line, plain or packed, so that whatever is wrong can be named by its line.

A file is taken for what its first bytes say, not its name: gzip, a zip archive of one file, or plain UTF-8.
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from sciml.io.errors import InputError

_BROKEN = (OSError, EOFError, RuntimeError, zlib.error, zipfile.BadZipFile)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbers, from 1, and texts of the lines, with their ends.

    Raises:
        InputError: no such file, an empty or damaged one, or a line that is not UTF-8.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    number = 0
    try:
        with open(path, "rb") as file, ExitStack() as stack:
            for number, line in enumerate(_unpacked(path, file, stack), start=1):
                yield number, _decoded(line, f"{path}: line {number}", first=number == 1)
    except _BROKEN as error:
        raise InputError(f"{path}: cannot be read behind line {number} ({error})") from error
    if not number:
        raise InputError(f"{path}: is empty")


def _unpacked(path: Path, file: io.BufferedReader, stack: ExitStack) -> Iterable[bytes]:
    start = file.peek(4)
    if start.startswith(b"\x1f\x8b"):
        return io.BufferedReader(stack.enter_context(gzip.open(file)))
    if start.startswith(b"PK\x03\x04"):
        archive = stack.enter_context(zipfile.ZipFile(file))
        names = [name for name in archive.namelist() if not name.endswith("/")]
        if len(names) != 1:
            raise InputError(f"{path}: an archive must hold one file, got {len(names)}")
        return stack.enter_context(archive.open(names[0]))
    return file


def _decoded(line: bytes, where: str, first: bool) -> str:
    try:
        return (line.removeprefix(_BYTE_ORDER_MARK) if first else line).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: is not UTF-8 text (byte {error.start + 1} is {line[error.start]:#04x})") from None
