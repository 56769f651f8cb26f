"""A process that is asked to stop while it loads does so, wherever it is asked."""

import os
import signal
import sys
import time
import weakref

import pytest

from sciml.cli.interruption import leaving_when_asked


class Thing:
    """Something that is collected."""


def ask_now(_: object) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    for _ in range(1000):  # in which Python hears of it
        pass


def test_what_cleans_up_is_left_to_its_end() -> None:
    cleaned = []
    with pytest.raises(SystemExit), leaving_when_asked(75):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        finally:
            time.sleep(0.7)
            cleaned.append(True)
    assert cleaned


def test_an_exit_that_python_swallows_is_repeated(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture) -> None:
    """Exceptions in callbacks of weak references are printed and forgotten."""
    swallowed = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: swallowed.append(found.exc_type))
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(SystemExit) as ended, leaving_when_asked(75):
        thing = Thing()
        reference = weakref.ref(thing, ask_now)
        del thing
        assert swallowed == [SystemExit] and reference() is None
        time.sleep(5)
    assert ended.value.code == 75
    assert capfd.readouterr().err == "sciml: stopped by SIGTERM: run again\n"
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0) and signal.getsignal(signal.SIGALRM) is before
