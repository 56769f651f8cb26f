"""Fine-tuning from the command line: for one's own reward, and watched by judges that will do."""

import json
import shutil
from pathlib import Path
from statistics import median

import pytest

from sciml.io.errors import InputError
from sciml.io.fetch import sha256

from .jobs import fail, run


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
    ("reward", "judge", "message"),
    [
        (
            "protein",
            None,
            "--reward .*protein.safetensors: reads letters of ACDEFGHIKLMNPQRSTVWY, but the sequences are of ACGT",
        ),
        (
            "third",
            None,
            "--reward .*third.safetensors: an oracle of kind features has no gradient, which fine-tuning follows",
        ),
        (
            "first",
            "masked",
            "masked.safetensors: a judge must be an oracle of whole sequences, got one made with --member mas",
        ),
        ("first", "protein", "protein.safetensors: reads letters of ACDEFGHIKLMNPQRSTVWY, but the sequences are of ACGT"),
        ("first", "copy", "copy.safetensors: a judge must be another oracle than the reward, .*first.safetensors"),
        ("no_reward:shape", None, r"`reward` must return one number for each of 8 samples, got \(8, 4\)"),
        ("no_reward:kind", None, "`reward` must return one number for each of 8 samples, got list"),
        ("no_reward:flat", None, "the reward must be differentiable in the letters"),
    ],
)
def test_rewards_and_judges_that_will_not_do_are_named(
    folder: Path, unfit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reward: str, judge: str | None, message: str
) -> None:
    (tmp_path / "no_reward.py").write_text(
        "shape = lambda x: x.sum(1)\nkind = lambda x: [0.0] * len(x)\nflat = lambda x: x.detach().sum((1, 2))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    shutil.copy(folder / "first.safetensors", unfit / "copy.safetensors")
    known = {file.stem: file for place in (folder, unfit) for file in place.glob("*.safetensors")}
    judged = ["--judge", known[judge]] if judge else []
    start = ["--data", folder / "d.zarr", "--model", folder / "m.safetensors", "--reward", known.get(reward, reward)]
    with pytest.raises(InputError, match=message):
        fail("finetune", "--config", folder / "tuning.yaml", *start, *judged, "--output", tmp_path / "no.safetensors")
