"""The lock of a run directory, taken by the process that leads for all that share the run."""

import logging
import time
from contextlib import ExitStack
from pathlib import Path

from sciml.io.lock import Held, exclusive
from sciml.training.processes import Processes

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.5  # between attempts: the others wait for the outcome of each, and signals are heard between them


def hold(stack: ExitStack, directory: Path, wait: float | None, processes: Processes) -> None:
    """Take the lock, to be let go of when the stack ends; wait for whoever has it, saying so once.

    Args:
        wait: seconds, at most; None for as long as it takes.

    Raises:
        Held: it was not free in time.
    """
    if processes.count == 1:
        stack.enter_context(exclusive(directory, wait))
        return
    began = time.monotonic()

    def take() -> bool:
        try:
            stack.enter_context(exclusive(directory, wait=0.0))
        except Held:
            time.sleep(LOOK_SECONDS)
            return False
        return True

    said = False
    while not processes.from_leader(take):
        if not said and processes.leads:
            log.warning("another process works in %s: waiting for it to end", directory)
        said = True
        if wait is not None and processes.largest(time.monotonic() - began)[0] >= wait:
            raise Held(f"another process works in {directory}")
