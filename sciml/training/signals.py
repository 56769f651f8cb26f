"""Stopping a run from outside: a signal asks, the loop saves and raises `Stopped`."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)


class Stopped(Exception):
    """The run was asked to stop; its checkpoint is saved and it can be resumed."""


class StopRequest:
    """Whether a stop was asked for, and by which signal."""

    name: str | None = None


@contextmanager
def listen_for_stop() -> Iterator[StopRequest]:
    """Within the context SIGTERM, SIGINT and SIGUSR1 set the request instead of ending the process."""
    request = StopRequest()

    def note(number: int, frame: FrameType | None) -> None:
        request.name = signal.Signals(number).name

    previous = {number: signal.signal(number, note) for number in STOPPING}
    try:
        yield request
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
