"""Sequences from the command line: data to scores, in miniature."""

import json
from pathlib import Path
from statistics import median

import pytest
from click.testing import CliRunner, Result

from sciml.cli.main import cli
from sciml.io.errors import InputError
from sciml.io.fetch import sha256

DATA = "domain: sequences\ndata: {kind: motifs, count: 300, length: 64, split: [200, 20, 80]}\n"
ORACLES = """domain: sequences
oracles:
  target: {label: activity, task: numbers}
  net: {width: 4, kernels: [5], training: {steps: 5, batch: 16, precision: '32'}}
  features: {kmers: [1, 2], motifs: 0, penalty: 0.1}
"""
TRAINING = """domain: sequences
model:
  net: {kind: dilated_cnn, width: 4, dilations: [1]}
  training: {steps: 5, batch: 16, precision: '32'}
"""
TUNING = """domain: sequences
finetuning:
  alpha: 0.1
  steps: 4
  truncation: 2
  alarm: {every: 2, count: 16}
  training: {steps: 4, batch: 8, warmup: 1, precision: '32'}
"""
EVALUATION = """domain: sequences
evaluation:
  sampling: {count: 20, steps: 4, steering: {method: best_of_n, particles: 2}}
  motifs: [SPI1]
  draws: 2
"""
COMPARISON = """domain: sequences
comparison: {solvers: [ancestral, trapezoidal], calls: [3], count: 16, draws: 2}
"""


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data, oracles, a model, a fine-tuned one and samples of it."""
    here = tmp_path_factory.mktemp("sequences")
    texts = {"data": DATA, "oracles": ORACLES, "training": TRAINING, "tuning": TUNING, "evaluation": EVALUATION}
    texts["comparison"] = COMPARISON
    for name, text in texts.items():
        (here / f"{name}.yaml").write_text(text)
    run("prepare", "--config", here / "data.yaml", "--output", here / "d.zarr")
    for member in ("first", "third"):
        made = ("--output", here / f"{member}.safetensors", "--quality", here / f"{member}.json")
        run("oracle", "--config", here / "oracles.yaml", "--data", here / "d.zarr", "--member", member, *made)
    run("train", "--config", here / "training.yaml", "--data", here / "d.zarr", "--output", here / "m.safetensors")
    judged = ("--reward", here / "first.safetensors", "--judge", here / "third.safetensors")
    made = ("--output", here / "t.safetensors", "--manifest", here / "t.json", "--events", here / "events.jsonl")
    start = ("--data", here / "d.zarr", "--model", here / "m.safetensors")
    run("finetune", "--config", here / "tuning.yaml", *start, *judged, *made)
    made = ("--output", here / "s.zarr", "--export", here / "s.fa", "--reward", here / "first.safetensors")
    run("sample", "--config", here / "evaluation.yaml", "--model", here / "t.safetensors", *made)
    return here


def test_what_is_sampled_is_scored(folder: Path) -> None:
    judges = [f"--oracle=first={folder / 'first.safetensors'}", f"--oracle=third={folder / 'third.safetensors'}"]
    scored = ("--samples", folder / "s.zarr", "--output", folder / "e.json", "--examples", folder / "x.json")
    models = ("--pretrained", folder / "m.safetensors", "--manifest", folder / "t.json")
    run("score", "--config", folder / "evaluation.yaml", "--data", folder / "d.zarr", *scored, *judges, *models)
    found = json.loads((folder / "e.json").read_text())
    assert (found["kind"], found["nfe"], found["count"], found["label"]) == ("finetuned", 8, 20, "activity")
    assert set(found["scores"]["rewards"]) == {"first", "third", "true"} and found["settings"]["alpha"] == 0.1
    assert found["path_divergence"]["value"] >= 0 and found["nll"]["value"] > 0
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


def test_ones_own_reward_is_named(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_reward.py").write_text("def gc(x):\n    return x[..., 1].sum(-1) + x[..., 2].sum(-1)\n")
    monkeypatch.syspath_prepend(tmp_path)
    start = ("--data", folder / "d.zarr", "--model", folder / "m.safetensors", "--reward", "my_reward:gc")
    made = ("--output", tmp_path / "t.safetensors", "--manifest", tmp_path / "t.json")
    run("finetune", "--config", folder / "tuning.yaml", *start, *made)
    manifest = json.loads((tmp_path / "t.json").read_text())
    assert manifest["config"]["reward"] == "my_reward:gc" and manifest["weights_of_step"] == manifest["steps"] == 4
    assert manifest["config"]["reward_sha256"] == [sha256(tmp_path / "my_reward.py")]
    scored = ("--samples", folder / "s.zarr", "--output", tmp_path / "e.json", "--oracle", "mine=my_reward:gc")
    run("score", "--config", folder / "evaluation.yaml", "--data", folder / "d.zarr", *scored)
    found = json.loads((tmp_path / "e.json").read_text())
    letters = [line for line in (folder / "s.fa").read_text().splitlines() if not line.startswith(">")]
    assert found["scores"]["rewards"]["mine"]["value"] == median(text.count("C") + text.count("G") for text in letters)
    assert (found["label"], found["task"]) == (None, None)


def test_the_run_is_another_one_when_the_code_of_a_reward_changes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = tmp_path / "changing_reward.py"
    monkeypatch.syspath_prepend(tmp_path)
    start = ("--data", folder / "d.zarr", "--model", folder / "m.safetensors", "--reward", "changing_reward:gc")
    for version in ("1", "2", "2"):
        code.write_text(f"def gc(x):\n    return {version} * x[..., 1].sum(-1)\n")
        run("finetune", "--config", folder / "tuning.yaml", *start, "--output", tmp_path / "t.safetensors")
    assert len(list((tmp_path / "run").iterdir())) == 2


@pytest.mark.parametrize(
    ("verb", "text", "message"),
    [
        ("prepare", DATA.replace("motifs", "motif"), "`data.kind`|`data`"),
        ("train", TRAINING.replace("width: 4", "width: 5"), "`model.net.width`"),
        ("train", TRAINING.replace("  net", "  condition: species\n  net"), "`condition` must be a label of the data"),
        ("oracle", ORACLES.replace("activity", "pu1"), "pu1"),
        ("finetune", TUNING.replace("alpha: 0.1", "alpha: 0.0\n  target: 3.0"), "`target` needs an `alpha` above 0"),
        ("sample", EVALUATION, "best_of_n leads to a reward: give one with --reward"),
        ("compare", EVALUATION, "`comparison` is missing"),
        ("compare", EVALUATION + COMPARISON.partition("\n")[2], "`steering.method` must be none .*, got best_of_n"),
    ],
)
def test_a_mistake_names_the_setting(folder: Path, tmp_path: Path, verb: str, text: str, message: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    data, model = ["--data", folder / "d.zarr"], ["--model", folder / "m.safetensors"]
    rest = {
        "train": data,
        "oracle": data,
        "finetune": [*data, *model, "--reward", folder / "first.safetensors"],
        "sample": model,
        "compare": data + model,
    }.get(verb, [])
    arguments = [verb, "--config", tmp_path / "bad.yaml", *rest, "--output", tmp_path / "out"]
    with pytest.raises(InputError, match=message):
        CliRunner().invoke(cli, list(map(str, arguments)), catch_exceptions=False)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--oracle", "first"], "`--oracle` must be NAME=FILE or NAME=package.module:function, got 'first'"),
        (["--oracle", "first=no_such:reward"], "no_such:reward: no module 'no_such' is installed"),
        (["--samples", "d.zarr"], "holds no samples made by `sciml sample`: no attribute `solver`"),
    ],
)
def test_wrong_scores_are_named(folder: Path, option: list[str], message: str) -> None:
    samples = [] if "--samples" in option else ["--samples", "s.zarr"]
    option = [str(folder / part) if part.endswith(".zarr") else part for part in [*samples, *option]]
    fixed = ["--config", folder / "evaluation.yaml", "--data", folder / "d.zarr", "--output", folder / "no.json"]
    with pytest.raises(InputError, match=message):
        CliRunner().invoke(cli, ["score", *map(str, fixed), *option], catch_exceptions=False)
