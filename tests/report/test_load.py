"""Bad input: one line that names file and key."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sciml.io.errors import InputError
from sciml.report.build import build_report
from sciml.report.load import load_run

Edit = Callable[[Path, Callable[[dict[str, Any]], Any]], None]


def refuse(run: Path, file: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(str(run / file)) + ".*" + message) as caught:
        load_run(run)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("file", ["evaluation.json", "manifest.json", "pictures.npz", "events.jsonl"])
def test_missing_file(run: Path, file: str) -> None:
    (run / file).unlink()
    refuse(run, file, "cannot be read")


@pytest.mark.parametrize("file", ["evaluation.json", "manifest.json", "pictures.npz"])
@pytest.mark.parametrize("content", [b"", b'{"dataset": ', b"\xff\xfe nonsense", b"[1, 2]", b"PK\x03\x04 cut off"])
def test_malformed_file(run: Path, file: str, content: bytes) -> None:
    (run / file).write_bytes(content)
    refuse(run, file, "(is not|must hold|cannot be read)")


@pytest.mark.parametrize("key", ["dataset", "model", "seed", "kind", "units", "scores"])
def test_missing_key(run: Path, key: str, edit: Edit) -> None:
    edit(run / "evaluation.json", lambda values: values.pop(key))
    refuse(run, "evaluation.json", f"key `{key}` is missing")


@pytest.mark.parametrize("key", ["solver", "main", "members", "mse", "mse_mean4", "crps", "mse_by_step"])
def test_missing_key_of_a_score(run: Path, key: str, edit: Edit) -> None:
    edit(run / "evaluation.json", lambda values: values["scores"][0].pop(key))
    refuse(run, "evaluation.json", rf"key `scores\[0\].{key}` is missing")


@pytest.mark.parametrize("key", ["solver", "nfe", "crps", "distance"])
def test_missing_key_of_a_compared_solver(run: Path, key: str, edit: Edit) -> None:
    edit(run / "solvers.json", lambda values: values["scores"][2].pop(key))
    refuse(run, "solvers.json", rf"key `scores\[2\].{key}` is missing")


@pytest.mark.parametrize("key", ["config", "versions", "git_commit", "data_sha256", "device", "parameters", "started"])
def test_missing_key_of_the_manifest(run: Path, key: str, edit: Edit) -> None:
    edit(run / "manifest.json", lambda values: values.pop(key))
    refuse(run, "manifest.json", f"key `{key}` is missing")


@pytest.mark.parametrize(
    ("key", "value"), [("mse", "small"), ("mse", True), ("members", 1.5), ("main", 1), ("mse_by_step", [0, "1"])]
)
def test_wrong_type(run: Path, key: str, value: object, edit: Edit) -> None:
    edit(run / "evaluation.json", lambda values: values["scores"][0].update({key: value}))
    refuse(run, "evaluation.json", rf"`scores\[0\].{key}")


def test_exactly_one_main_score(run: Path, edit: Edit) -> None:
    edit(run / "evaluation.json", lambda values: values["scores"].append(values["scores"][0]))
    refuse(run, "evaluation.json", "exactly one of `scores` must have `main` true, got 2")


@pytest.mark.parametrize("name", ["truth", "spread", "spectrum_truth", "axis_time"])
def test_missing_array(run: Path, name: str) -> None:
    change(run, **{name: None})
    refuse(run, "pictures.npz", f"array `{name}` is missing")


def test_arrays_must_fit(run: Path) -> None:
    change(run, mean=np.zeros((2, 3, 4)))
    refuse(run, "pictures.npz", "`mean` must be shaped as `truth`")
    change(run, axis_x=np.zeros(5))
    refuse(run, "pictures.npz", "`truth` must be shaped")


def test_pickled_arrays_are_refused(run: Path) -> None:
    change(run, truth=np.array([{"a": 1}], dtype=object))
    refuse(run, "pictures.npz", "plain arrays")


def test_a_broken_event(run: Path) -> None:
    (run / "events.jsonl").write_text('{"event": "step", "step": 10, "cpu_seconds": 1}\n')
    refuse(run, "events.jsonl", "key `step.loss` is missing")
    (run / "events.jsonl").write_text('{"event"\n{"event": "end"}\n')
    refuse(run, "events.jsonl", "line 1 is not JSON")


def test_after_a_resume_the_later_record_counts(run: Path) -> None:
    steps = [(10, 1.0, 5.0), (20, 2.0, 4.0), (30, 3.0, 3.0), (20, 2.5, 3.9), (30, 3.5, 2.9)]
    lines = [json.dumps({"event": "step", "step": s, "cpu_seconds": c, "loss": loss}) for s, c, loss in steps]
    lines.insert(3, json.dumps({"event": "resume", "step": 10}))
    (run / "events.jsonl").write_text("\n".join(lines) + "\n")
    assert load_run(run).training.tolist() == [[1.0, 5.0], [2.5, 3.9], [3.5, 2.9]]


def test_nothing_to_report(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one run"):
        build_report([], tmp_path / "r.html", title="", scale="", notes=[])
    with pytest.raises(InputError, match="nowhere: no such directory"):
        build_report([tmp_path / "nowhere"], tmp_path / "r.html", title="", scale="", notes=[])
    assert not (tmp_path / "r.html").exists()


def test_the_same_run_twice(run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="are those of"):
        build_report([run, run], tmp_path / "r.html", title="", scale="", notes=[])


def test_other_test_windows(runs: list[Path], tmp_path: Path) -> None:
    change(runs[-1], truth=np.zeros((2, 16, 24)))
    with pytest.raises(InputError, match=re.escape(str(runs[-1] / "pictures.npz")) + ".*not evaluated on the same"):
        build_report(runs, tmp_path / "r.html", title="", scale="", notes=[])


def change(run: Path, **arrays: np.ndarray | None) -> None:
    """Replace arrays of pictures.npz, or take them out."""
    with np.load(run / "pictures.npz") as stored:
        kept = {name: stored[name] for name in stored.files}
    kept = {name: array for name, array in (kept | arrays).items() if array is not None}
    np.savez(run / "pictures.npz", allow_pickle=True, **kept)
