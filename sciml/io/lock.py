"""An exclusive lock on a folder, freed by the system when its process ends, however it ends."""

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

log = logging.getLogger(__name__)
PATIENCE = 0.2  # seconds between attempts, where waiting is bounded


class Held(Exception):
    """Another process kept the lock for longer than was to be waited."""


@contextmanager
def exclusive(directory: Path, wait: float | None = None) -> Iterator[None]:
    """Hold the folder's lock; wait for whoever has it, saying so once.

    Args:
        wait: seconds, at most; None for as long as it takes.

    Raises:
        Held: it was not free in time.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as file:
        if not _take(file):
            if wait != 0:
                log.warning("another process works in %s: waiting for it to end", directory)
            _wait(file, directory, wait)
        yield


def _take(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(file: IO[str], directory: Path, wait: float | None) -> None:
    if wait is None:
        fcntl.flock(file, fcntl.LOCK_EX)
        return
    deadline = time.monotonic() + wait
    while not _take(file):
        if time.monotonic() >= deadline:
            raise Held(f"another process works in {directory}")
        time.sleep(min(PATIENCE, max(0.0, deadline - time.monotonic())))
