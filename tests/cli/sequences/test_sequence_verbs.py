"""Sequences from the command line: data to scores, in miniature."""

import json
from pathlib import Path

import pytest

from sciml.io.errors import InputError

from .jobs import COMPARISON, DATA, EVALUATION, ORACLES, TRAINING, TUNING, fail, run


def test_what_is_sampled_is_scored(folder: Path) -> None:
    judges = [f"--oracle=first={folder / 'first.safetensors'}", f"--oracle=third={folder / 'third.safetensors'}"]
    scored = ("--samples", folder / "s.zarr", "--output", folder / "e.json", "--examples", folder / "x.json")
    models = ("--pretrained", folder / "m.safetensors", "--manifest", folder / "t.json")
    run("score", "--config", folder / "evaluation.yaml", "--data", folder / "d.zarr", *scored, *judges, *models)
    found = json.loads((folder / "e.json").read_text())
    assert (found["nfe"], found["count"], found["label"]) == (8, 20, "activity")
    assert set(found["scores"]["rewards"]) == {"first", "third", "true"} and found["nll"]["value"] > 0
    assert json.loads((folder / "first.json").read_text())["oracle"] == "first"
    assert (folder / "s.fa").read_text().count(">") == 20 and (folder / "x.json").is_file()
    assert '"end"' in (folder / "events.jsonl").read_text() or '"halt"' in (folder / "events.jsonl").read_text()


@pytest.mark.parametrize("model", ["m", "t"])
def test_solvers_are_compared_at_the_calls_asked_for(folder: Path, model: str) -> None:
    paths = ("--data", folder / "d.zarr", "--model", folder / f"{model}.safetensors", "--output", folder / "c.json")
    run("compare", "--config", folder / "comparison.yaml", *paths, "--seed", 2)
    found = json.loads((folder / "c.json").read_text())
    assert found["seed"] == 2
    assert [(row["solver"], row["nfe"]) for row in found["rows"]] == [("ancestral, 3 steps", 3), ("trapezoidal, 1 steps", 2)]
    assert all(row["nll"]["value"] > 0 and "rewards" not in row["scores"] for row in found["rows"])


def test_a_model_says_what_it_is(folder: Path) -> None:
    assert "makes sequences of 64 letters of ACGT" in run("inspect", folder / "m.safetensors").output


@pytest.mark.parametrize(
    ("verb", "text", "message"),
    [
        ("prepare", DATA.replace("motifs", "motif"), "`data.kind`|`data`"),
        ("train", TRAINING.replace("width: 4", "width: 5"), "`model.net.width`"),
        ("train", TRAINING.replace("  net", "  condition: species\n  net"), "`condition` must be a label of the data"),
        ("oracle", ORACLES.replace("activity", "pu1"), "pu1"),
        ("oracle --member masked", ORACLES, "--member masked needs `oracles.target.task` classes, got numbers"),
        ("finetune", TUNING.replace("alpha: 0.1", "alpha: 0.0\n  target: 3.0"), "`target` needs an `alpha` above 0"),
        ("sample", EVALUATION, "best_of_n leads to a reward: give one with --reward"),
        ("compare", EVALUATION, "`comparison` is missing"),
        ("compare", EVALUATION + COMPARISON.partition("\n")[2], "`steering.method` must be none .*, got best_of_n"),
    ],
)
def test_a_mistake_names_the_setting(folder: Path, tmp_path: Path, verb: str, text: str, message: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    data, model = ["--data", folder / "d.zarr"], ["--model", folder / "m.safetensors"]
    verb, *options = verb.split()
    rest = {
        "train": data,
        "oracle": data,
        "finetune": [*data, *model, "--reward", folder / "first.safetensors"],
        "sample": model,
        "compare": data + model,
    }.get(verb, [])
    with pytest.raises(InputError, match=message):
        fail(verb, *options, "--config", tmp_path / "bad.yaml", *rest, "--output", tmp_path / "out")


def test_samples_are_not_led_by_an_oracle_of_other_letters(folder: Path, unfit: Path, tmp_path: Path) -> None:
    made = ["--model", folder / "m.safetensors", "--output", tmp_path / "s.zarr", "--reward", unfit / "protein.safetensors"]
    with pytest.raises(InputError, match="--reward .*protein.safetensors: reads letters of ACDEFGHIKLMNPQRSTVWY, but the"):
        fail("sample", "--config", folder / "evaluation.yaml", *made)
