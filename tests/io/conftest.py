"""Results of one small training, as the workflow lays them out."""

import shutil
import sys
from pathlib import Path

import pytest
import yaml

from sciml.cli.main import main

WINDOW = {"given": 1, "predicted": 8}
DATA = {
    "data": {"kind": "burgers", "train": 8, "validation": 2, "test": 2, "points": 16, "intervals": 8, "solver_points": 16}
}
NET = {"kind": "unet", "width": 4, "multipliers": [1]}
MODEL = {"kind": "neural", "net": NET, "training": {"steps": 2, "batch": 4, "precision": "32"}}
EVALUATION = {"windows": 2, "members": 2, "solver": {"name": "ddim", "steps": 2}}
RUN = "results/pde/tiny/wdno/seed-0"


def sciml(folder: Path, *arguments: object) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["sciml", *map(str, arguments)])
        try:
            main()
        except SystemExit as ended:
            return int(ended.code or 0)
    return 0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """data.zarr beside results/, as the workflow lays them out."""
    folder = tmp_path_factory.mktemp("made")
    run = folder / "results/pde/tiny/wdno/seed-0"
    run.mkdir(parents=True)
    (folder / "data.yaml").write_text(yaml.safe_dump(DATA))
    (run.parent / "training.yaml").write_text(yaml.safe_dump({"window": WINDOW, "model": MODEL}))
    assert sciml(folder, "prepare", "--config", "data.yaml", "--output", "data.zarr") == 0
    place = run.relative_to(folder)
    train = [
        "train",
        "--config",
        place.parent / "training.yaml",
        "--data",
        "data.zarr",
        "--output",
        place / "model.safetensors",
    ]
    assert sciml(folder, *train, "--manifest", place / "manifest.json", "--events", place / "events.jsonl") == 0
    (run.parent / "evaluation.yaml").write_text(yaml.safe_dump({"window": WINDOW, "evaluation": EVALUATION}))
    judged = ["--config", place.parent / "evaluation.yaml", "--data", "data.zarr", "--model", place / "model.safetensors"]
    written = ["--output", place / "evaluation.json", "--pictures", place / "pictures.npz"]
    assert sciml(folder, "evaluate", *judged, *written) == 0
    return folder


@pytest.fixture
def results(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "copy")
    return tmp_path / "copy"
