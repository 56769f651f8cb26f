"""The event log: whole lines only, whatever happened to the writer."""

from pathlib import Path

import pytest

from sciml.io.errors import InputError
from sciml.io.events import EventLog, join_events, read_events


def test_appends_and_reads(tmp_path: Path) -> None:
    path = tmp_path / "run" / "events.jsonl"
    for step in range(3):
        with EventLog(path) as log:
            log.write("step", step=step)
    events = read_events(path)
    assert [e["step"] for e in events] == [0, 1, 2]
    assert all(e["event"] == "step" and e["time"] > 1e9 for e in events)


def test_a_torn_last_line_is_passed_over_and_then_cut(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventLog(path) as log:
        log.write("step", step=1)
    with path.open("a") as file:
        file.write('{"event": "st')
    assert [e["step"] for e in read_events(path)] == [1]
    with EventLog(path) as log:
        log.write("step", step=2)
    assert [e["step"] for e in read_events(path)] == [1, 2]


def test_a_bad_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"event": "a"}\nnonsense\n{"event": "b"}\n')
    with pytest.raises(InputError, match="line 2 is not JSON"):
        read_events(path)


def test_trainings_joined_go_on_where_those_before_ended(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with EventLog(tmp_path / name) as log:
            log.write("start", step=0, steps=2)
            log.write("step", step=2, cpu_seconds=1.5, loss=0.5)
            log.write("end", step=2, cpu_seconds=1.5)
    join_events([tmp_path / "a", tmp_path / "b"], tmp_path / "joined")
    found = read_events(tmp_path / "joined")
    assert [(event["event"], event["step"], event.get("cpu_seconds")) for event in found] == [
        ("start", 0, None),
        ("step", 2, 1.5),
        ("end", 2, 1.5),
        ("start", 2, None),
        ("step", 4, 3.0),
        ("end", 4, 3.0),
    ]
    assert found[4]["loss"] == 0.5
