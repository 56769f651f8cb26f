"""Scores say what they are of, and what cannot be scored is named."""

import json
from pathlib import Path

import pytest

from sciml.io.errors import InputError

from .jobs import fail, run


@pytest.mark.parametrize(
    ("config", "samples", "manifest", "kind", "setting", "known"),
    [
        ("evaluation", "plain", "t", "finetuned", ("truncation", 2), True),
        ("plain", "s", "t", "steered", ("method", "best_of_n"), False),
        ("plain", "s", None, "steered", ("particles", 2), False),
        ("evaluation", "plain", "m", "pretrained", None, False),
    ],
)
def test_the_kind_is_of_the_samples(
    folder: Path, tmp_path: Path, config: str, samples: str, manifest: str | None, kind: str, setting: tuple, known: bool
) -> None:
    """Whatever the settings say by which they are scored, and of what was fine-tuned and then steered nothing is known."""
    told = ("--manifest", folder / f"{manifest}.json") if manifest else ()
    files = ("--data", folder / "d.zarr", "--samples", folder / f"{samples}.zarr", "--output", tmp_path / "e.json")
    run("score", "--config", folder / f"{config}.yaml", *files, *told)
    found = json.loads((tmp_path / "e.json").read_text())
    assert found["kind"] == kind and (setting is None or found["settings"][setting[0]] == setting[1])
    assert bool(found["settings"]) == (setting is not None)
    facts = ("path_divergence", "soft_hard_gap", "alpha")
    written = json.loads((folder / "t.json").read_text())
    assert [found[key] for key in facts] == ([written[key] for key in facts] if known else [None] * 3)
    assert not known or found["path_divergence"]["value"] >= 0


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--oracle", "first"], "`--oracle` must be NAME=FILE or NAME=package.module:function, got 'first'"),
        (["--oracle", "first=no_such:reward"], "no_such:reward: no module 'no_such' is installed"),
        (["--samples", "d.zarr"], "holds no samples made by `sciml sample`: no attribute `solver`"),
        (
            ["--oracle", "true=torch:relu"],
            "`--oracle`: true and log_likelihood are names of other scores, got 'true=torch:relu'",
        ),
        (["--oracle", "log_likelihood=torch:relu"], "`--oracle`: true and log_likelihood are names of other scores"),
        (["--oracle", "a=torch:relu", "--oracle", "a=torch:exp"], "`--oracle`: names must differ, got 'a' twice"),
        (
            ["--oracle", "a=protein.safetensors"],
            "oracle 'a': reads letters of ACDEFGHIKLMNPQRSTVWY, but the sequences are of",
        ),
        (["--pretrained", "long.safetensors"], "long.safetensors: makes 65 letters of ACGT, .*d.zarr holds 64 of ACGT"),
        (["--manifest", "cut.json"], "cut.json: is not JSON"),
        (["--manifest", "list.json"], "list.json: must hold a JSON object, got list"),
        (["--manifest", "null.json"], "null.json: `config` must be an object, got 'None'"),
        (["--manifest", "t.safetensors"], "t.safetensors: is not JSON"),
        (["--manifest", "none.json"], "none.json: cannot be read"),
    ],
)
def test_wrong_scores_are_named(folder: Path, unfit: Path, option: list[str], message: str) -> None:
    known = {file.name: file for place in (folder, unfit) for file in place.iterdir()} | {"none.json": unfit / "none.json"}
    samples = [] if "--samples" in option else ["--samples", "plain.zarr"]
    option = [str(known.get(part, part)) for part in [*samples, *option]]
    option = [f"a={known['protein.safetensors']}" if part == "a=protein.safetensors" else part for part in option]
    fixed = ["--config", folder / "evaluation.yaml", "--data", folder / "d.zarr", "--output", folder / "no.json"]
    with pytest.raises(InputError, match=message):
        fail("score", *fixed, *option)
