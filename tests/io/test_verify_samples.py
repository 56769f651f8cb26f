"""Samples and scores of graphs and sequences say which model, settings and data they are of."""

import shutil
from pathlib import Path

import pytest
import yaml
from fault_jobs import DATA, MODELS, SAMPLING

from .conftest import sciml


@pytest.fixture(scope="module", params=["graphs", "sequences"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data, a model of few steps, its samples and their scores."""
    folder, domain = tmp_path_factory.mktemp(request.param), request.param
    for name, values in (("data", DATA), ("training", MODELS), ("sampling", SAMPLING)):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(values[domain]).replace("steps: 60", "steps: 2"))
    (folder / "results").mkdir()
    assert sciml(folder, "prepare", "--config", "data.yaml", "--output", "data.zarr") == 0
    assert train(folder) == 0
    sample = ("sample", "--config", "sampling.yaml", "--model", "results/model.safetensors", "--seed", 3)
    assert sciml(folder, *sample, "--output", "results/samples.zarr") == 0
    score = ("score", "--config", "sampling.yaml", "--data", "data.zarr", "--samples", "results/samples.zarr")
    written = ("--output", "results/evaluation.json", "--examples", "results/examples.json")
    assert sciml(folder, *score, *written) == 0
    return folder


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def train(folder: Path, *more: object) -> int:
    what = ("--config", "training.yaml", "--data", "data.zarr", "--output", "results/model.safetensors")
    return sciml(folder, "train", *what, "--run-directory", "run", "--manifest", "results/manifest.json", *more)


def found(folder: Path, capsys: pytest.CaptureFixture) -> list[str]:
    capsys.readouterr()
    sciml(folder, "verify", "results")
    return [line.split(":")[0] for line in capsys.readouterr().out.splitlines()]


def test_all_holds(copied: Path, capsys: pytest.CaptureFixture) -> None:
    assert found(copied, capsys) == ["3 manifests, 5 files"]


def test_samples_of_a_model_that_was_trained_again_are_stale(copied: Path, capsys: pytest.CaptureFixture) -> None:
    assert train(copied, "--seed", 9) == 0
    assert found(copied, capsys)[:-1] == ["stale   results/samples.zarr"]


def test_scores_of_other_samples_are_stale(copied: Path, capsys: pytest.CaptureFixture) -> None:
    sample = ("sample", "--config", "sampling.yaml", "--model", "results/model.safetensors", "--seed", 4)
    assert sciml(copied, *sample, "--output", "results/samples.zarr") == 0
    assert found(copied, capsys)[:-1] == ["stale   results/evaluation.json"]


def test_settings_count(copied: Path, capsys: pytest.CaptureFixture) -> None:
    text = (copied / "sampling.yaml").read_text()
    (copied / "sampling.yaml").write_text(text.replace("count: 64", "count: 65"))
    assert found(copied, capsys)[:-1] == ["stale   results/evaluation.json", "stale   results/samples.zarr"]
