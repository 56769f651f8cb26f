"""GRIB files by cfgrib, read first in a process of their own: a damaged one can end the C library, and what called it."""

import signal
import subprocess
import sys
from pathlib import Path

import xarray as xr

from sciml.io.errors import InputError

DAMAGED = 3  # what the other process says by its exit status


def open_grib(path: Path) -> xr.Dataset:
    """The file's fields, lazily; nothing is written beside it.

    Raises:
        InputError: it cannot be read to its end, or ends the library that reads it.
    """
    apart = subprocess.run([sys.executable, "-m", __name__, str(path)], capture_output=True, text=True, check=False)
    if apart.returncode < 0:
        raise InputError(f"{path}: damaged GRIB (its reader was ended by {signal.Signals(-apart.returncode).name})")
    if apart.returncode:
        said = apart.stderr.strip().splitlines()[-1:] or [f"its reader ended with status {apart.returncode}"]
        raise InputError(f"{path}: {'damaged GRIB' if apart.returncode == DAMAGED else 'cannot be read'} ({said[0]})")
    return _opened(path)


def _opened(path: Path) -> xr.Dataset:
    return xr.open_dataset(path, engine="cfgrib", backend_kwargs={"indexpath": "", "errors": "raise"})  # "": no index file


def _read(path: Path) -> None:
    from eccodes import CodesInternalError  # loads the C library

    try:
        _opened(path).load()
    except CodesInternalError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        sys.exit(DAMAGED)


if __name__ == "__main__":
    _read(Path(sys.argv[1]))
