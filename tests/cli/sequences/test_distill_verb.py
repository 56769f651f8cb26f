"""Distillation from the command line: a student is sampled, scored, compared and inspected as its teacher is."""

import json
from pathlib import Path

import pytest

from sciml.io.errors import InputError

from .jobs import fail, run

STUDENT = """domain: sequences
student: {method: lsd, steps: 3, training: {steps: 4, batch: 8, precision: '32'}}
"""


def test_a_student_goes_where_its_teacher_goes(folder: Path, unfit: Path, tmp_path: Path) -> None:
    (tmp_path / "student.yaml").write_text(STUDENT)
    (tmp_path / "own.yaml").write_text("domain: sequences\nevaluation: {sampling: {count: 20}, draws: 2}\n")
    data, model = ("--data", folder / "d.zarr"), tmp_path / "student.safetensors"
    made = ("--output", model, "--manifest", tmp_path / "m.json", "--events", tmp_path / "e.jsonl")
    run("distill", "--config", tmp_path / "student.yaml", *data, "--model", folder / "m.safetensors", *made)
    manifest = json.loads((tmp_path / "m.json").read_text())
    assert (manifest["steps"], manifest["learned"]) == (4, 3) and manifest["config"]["student"]["method"] == "lsd"
    assert [json.loads(line)["event"] for line in (tmp_path / "e.jsonl").read_text().splitlines()][-1] == "end"
    assert "method: lsd" in run("inspect", model).output
    run("sample", "--config", tmp_path / "own.yaml", "--model", model, "--output", tmp_path / "s.zarr")
    scored = ("--samples", tmp_path / "s.zarr", "--pretrained", folder / "m.safetensors", "--output", tmp_path / "s.json")
    run("score", "--config", tmp_path / "own.yaml", *data, *scored)
    found = json.loads((tmp_path / "s.json").read_text())
    assert (found["kind"], found["nfe"], found["solver"]) == ("student", 3, "lsd, 3 steps")
    assert found["settings"]["steps"] == 3
    run("compare", "--config", folder / "comparison.yaml", *data, "--model", model, "--output", tmp_path / "c.json")
    (row,) = json.loads((tmp_path / "c.json").read_text())["rows"]
    assert (row["solver"], row["nfe"]) == ("lsd, 3 steps", 3)
    with pytest.raises(InputError, match="a student has its own solver and steps: `steps` must be 3, got 4"):
        fail("sample", "--config", folder / "plain.yaml", "--model", model, "--output", tmp_path / "no.zarr")
    tuned = ("--reward", folder / "first.safetensors", "--output", tmp_path / "no.safetensors")
    with pytest.raises(InputError, match="got a student: fine-tune its teacher"):
        fail("finetune", "--config", folder / "tuning.yaml", *data, "--model", model, *tuned)
    with pytest.raises(InputError, match="long.safetensors: makes 65 letters of ACGT"):
        fail("distill", "--config", tmp_path / "student.yaml", *data, "--model", unfit / "long.safetensors", *made)
