"""An exclusive lock on a folder, freed by the system when its process ends, however it ends."""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)


@contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Hold the folder's lock; wait for whoever has it, saying so once."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.warning("another process works in %s: waiting for it to end", directory)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
