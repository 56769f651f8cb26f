"""Options that many verbs share: what they refuse, and what is written where they say."""

import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from sciml.cli.main import VERBS, main
from sciml.cli.options import write_account

Run = Callable[..., tuple[int, str]]
TRAINING = {verb.name: verb for verb in VERBS if any(parameter.name == "events" for parameter in verb.params)}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Run:
    """run(verb, ...) -> (exit code, standard error), in this process."""

    def call(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["sciml", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        return code, capsys.readouterr().err

    return call


def required(verb: click.Command) -> list[str]:
    """What a verb must be told beside its output; nothing of it is read before what is refused here."""
    needed = [p for p in verb.params if isinstance(p, click.Option) and p.required and p.name != "output"]
    return [part for option in needed for part in (option.opts[0], "no")]


@pytest.mark.parametrize("value", ["nan", "inf", "1e999", "-inf", "0"])
@pytest.mark.parametrize("name", TRAINING)
def test_a_time_limit_is_finite(run: Run, name: str, value: str) -> None:
    code, said = run(name, *required(TRAINING[name]), "--output", "m", "--time-limit", value)
    assert code == 2 and "Invalid value for '--time-limit'" in said and str(float(value)) in said


@pytest.mark.parametrize("pair", [("output", "manifest"), ("events", "output"), ("manifest", "events")])
@pytest.mark.parametrize("name", TRAINING)
def test_what_is_written_goes_to_different_files(run: Run, tmp_path: Path, name: str, pair: tuple[str, str]) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    first, second = pair
    where = {"output": tmp_path / "other", first: tmp_path / "m", second: tmp_path / "link" / "m"}
    code, said = run(name, *required(TRAINING[name]), *(part for option in where for part in (f"--{option}", where[option])))
    assert code == 2 and said.count("\n") == 1
    assert f"must be different files, got {tmp_path}" in said and f"--{first}`" in said and f"--{second}`" in said


def test_events_are_copied_whatever_bytes_they_are(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(b"{}\n\xff\xfe\r\n")
    copied = tmp_path / "to" / "events.jsonl"
    write_account(None, copied, tmp_path, {})
    assert copied.read_bytes() == b"{}\n\xff\xfe\r\n"
    written = copied.stat().st_mtime_ns
    write_account(None, copied, tmp_path, {})
    assert copied.stat().st_mtime_ns == written
    write_account(None, copied, None, {})
    assert copied.read_bytes() == b""
