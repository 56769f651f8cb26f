"""Being asked to stop while nothing is trained: nothing is lost, since a verb writes its result whole or not at all."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ASKING = (signal.SIGTERM, signal.SIGUSR1)
AGAIN = 0.2  # seconds: an exit that Python swallows, as it does in callbacks of its collector, is repeated


@contextmanager
def leaving_when_asked(code: int) -> Iterator[None]:
    """Within the context SIGTERM and SIGUSR1 end the process with a line and this exit code, temporary files removed.

    A training puts its own answer in place of this one while it runs: it saves first.
    """

    def leave(number: int, frame: FrameType | None) -> None:
        os.write(2, f"sciml: stopped by {signal.Signals(number).name}: run again\n".encode())  # print is not safe here
        signal.setitimer(signal.ITIMER_REAL, AGAIN, AGAIN)
        sys.exit(code)

    def leave_again(number: int, frame: FrameType | None) -> None:
        if not isinstance(sys.exception(), SystemExit):  # else it leaves, and cleans up behind itself
            sys.exit(code)

    handlers = dict.fromkeys(ASKING, leave) | {signal.SIGALRM: leave_again}
    previous = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in previous.items():
            signal.signal(number, handler)
