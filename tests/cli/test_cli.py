"""The command line as a user meets it: help, exit codes, and one clear line for each mistake."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
import yaml

from sciml.cli.main import VERBS, main
from sciml.io.events import read_events
from sciml.io.model_file import save_model
from sciml.solvers.calibration import Calibration
from sciml.solvers.calibration_file import save_calibration

WINDOW = {"given": 1, "predicted": 8}
DATA = {
    "data": {"kind": "burgers", "train": 8, "validation": 2, "test": 4, "points": 16, "intervals": 8, "solver_points": 16}
}
MODEL = {"kind": "neural", "net": {"kind": "unet", "width": 8, "multipliers": [1, 2]}, "training": {"steps": 3, "batch": 4}}
EVALUATION = {
    "window": WINDOW,
    "evaluation": {"windows": 4, "members": 4, "solver": {"steps": 2}},
}
CALIBRATION = {"calls": [3], "windows": 2, "reference_steps": 4, "iterations": 1, "statistics": 4}
COMPARISON = {
    "calls": [3],
    "windows": 2,
    "members": 2,
    "reference_steps": 4,
    "solvers": [{"name": "auto"}, {"name": "heun"}],
}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Run:
    """run(verb, ...) -> (exit code, standard output, standard error), in this process."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["sciml", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        return code, *capsys.readouterr()

    return call


def write(path: Path, values: dict) -> Path:
    path.write_text(yaml.safe_dump(values))
    return path


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared data set and a trained model."""
    folder = tmp_path_factory.mktemp("project")
    write(folder / "data.yaml", DATA)
    write(folder / "training.yaml", {"window": WINDOW, "model": MODEL})
    write(folder / "evaluation.yaml", EVALUATION)
    sciml = [sys.executable, "-m", "sciml.cli.main"]
    jobs = [
        ["prepare", "--config", "data.yaml", "--output", "data.zarr"],
        ["train", "--config", "training.yaml", "--data", "data.zarr", "--output", "model.safetensors",
         "--manifest", "manifest.json", "--events", "events.jsonl"],
    ]  # fmt: skip
    for job in jobs:
        subprocess.run([*sciml, *job], cwd=folder, check=True, capture_output=True)
    return folder


def assert_one_line(error: str, *parts: str) -> None:
    lines = [line for line in error.splitlines() if line.startswith("sciml:")]
    assert len(lines) == 1, error
    assert "Traceback" not in error
    for part in parts:
        assert part in lines[0], lines[0]


def test_help_lists_every_verb_and_the_exit_codes(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    for word in (*(verb.name for verb in VERBS), "Exit codes", "75"):
        assert word in out
    for verb in VERBS:
        assert "Usage:" in run(verb.name, "--help")[1]


def test_training_writes_model_manifest_and_events(project: Path) -> None:
    manifest = json.loads((project / "manifest.json").read_text())
    assert manifest["steps"] == 3
    assert manifest["parameters"] > 1000
    assert manifest["config"]["model"]["net"]["width"] == 8
    assert len(manifest["data_sha256"]) == 64
    assert read_events(project / "events.jsonl")[-1]["event"] == "end"


def test_evaluate_forecast_inspect(project: Path, run: Run, tmp_path: Path) -> None:
    model, data = project / "model.safetensors", project / "data.zarr"
    files = ["--output", tmp_path / "e.json", "--pictures", tmp_path / "p.npz"]
    code, _, error = run("evaluate", "--config", project / "evaluation.yaml", "--data", data, "--model", model, *files)
    assert code == 0, error
    scores = json.loads((tmp_path / "e.json").read_text())["scores"]
    assert [(s["solver"], s["nfe"]) for s in scores] == [("DDIM, 2 steps", 2)]
    with np.load(tmp_path / "p.npz", allow_pickle=False) as pictures:
        assert pictures["truth"].shape == (3, 8, 16)
    code, _, error = run("forecast", "--model", model, "--data", data, "--output", tmp_path / "f.nc", "--members", 1)
    assert code == 0, error
    with xr.open_dataset(tmp_path / "f.nc") as forecasts:
        assert dict(forecasts["u"].sizes) == {"window": 4, "member": 1, "time": 8, "x": 16}
        np.testing.assert_allclose(forecasts["time"], np.arange(1, 9))
        assert forecasts["u"].attrs["units"] == "non-dimensional"
    assert "width: 8" in run("inspect", model)[1]


def test_calibrate_compare_and_forecast_with_what_was_found(project: Path, run: Run, tmp_path: Path) -> None:
    model, data = tmp_path / "model.safetensors", project / "data.zarr"
    model.write_bytes((project / "model.safetensors").read_bytes())
    calibration = tmp_path / "calibration.safetensors"
    config = write(tmp_path / "calibration.yaml", {"window": WINDOW, "calibration": CALIBRATION})
    code, _, error = run("calibrate", "--config", config, "--data", data, "--model", model, "--output", calibration)
    assert code == 0, error
    compared = ["--config", write(tmp_path / "c.yaml", {"window": WINDOW, "comparison": COMPARISON}), "--data", data]
    code, _, error = run(
        "compare", *compared, "--model", model, "--calibration", calibration, "--output", tmp_path / "s.json"
    )
    assert code == 0, error
    rows = json.loads((tmp_path / "s.json").read_text())["scores"]
    assert [(row["solver"], row["nfe"]) for row in rows[1:]] == [("auto, 3 calls", 3), ("Heun, 1 steps", 2)]
    assert rows[1]["picked"].endswith("calibrated on this model")
    code, _, error = run("forecast", "--model", model, "--data", data, "--output", tmp_path / "f.nc", "--steps", 3)
    assert code == 0, error
    with xr.open_dataset(tmp_path / "f.nc") as forecasts:
        assert forecasts.attrs["solver"] == f"auto, 3 calls ({rows[1]['picked']})"
    model.write_bytes((project / "model.safetensors").read_bytes() + b" ")
    code, _, error = run("forecast", "--model", model, "--data", data, "--output", tmp_path / "f.nc", "--solver", "ddim",
                         "--calibration", calibration)  # fmt: skip
    assert code == 2
    assert_one_line(error, "`--calibration` goes with `--solver auto`, got ddim")
    other = ["--model", project / "model.safetensors", "--data", data, "--output", tmp_path / "f.nc"]
    calibration.write_bytes(calibration.read_bytes()[:-8])
    code, _, error = run("forecast", *other, "--calibration", calibration)
    assert code == 2
    assert_one_line(error, "calibration.safetensors", "not a readable safetensors file")


def test_a_calibration_of_another_model_beside_it_is_passed_over(
    project: Path, run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = tmp_path / "model.safetensors"
    model.write_bytes((project / "model.safetensors").read_bytes())
    save_calibration(tmp_path / "calibration.safetensors", Calibration(), project / "data.yaml")
    arguments = ["--model", model, "--data", project / "data.zarr", "--output", tmp_path / "f.nc", "--steps", 2]
    code, _, error = run("forecast", *arguments)
    assert code == 0, error
    assert "going on without a calibration: " in caplog.text and "was made for another model" in caplog.text
    with xr.open_dataset(tmp_path / "f.nc") as forecasts:
        assert forecasts.attrs["solver"].endswith("not calibrated)")
    code, _, error = run("forecast", *arguments, "--calibration", tmp_path / "calibration.safetensors")
    assert code == 2
    assert_one_line(error, "calibration.safetensors", "was made for another model")


def test_a_second_training_from_its_finished_run_gives_the_same_file(project: Path, run: Run, tmp_path: Path) -> None:
    job = ["--config", project / "training.yaml", "--data", project / "data.zarr", "--run-directory", project / "run"]
    assert run("train", *job, "--output", tmp_path / "again.safetensors")[0] == 0
    assert (tmp_path / "again.safetensors").read_bytes() == (project / "model.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"rte": 1e-3}, ["`model.training.rte` is not a known setting; did you mean `rate`?"]),
        ({"rate": -1}, ["`model.training.rate`", "greater than 0", "got -1"]),
        ({"batch": "many"}, ["`model.training.batch`", "integer", "got 'many'"]),
        ({"precision": "fp8"}, ["`model.training.precision`", "'auto', '32' or 'bf16'", "got 'fp8'"]),
        ({"cpu_seconds": 5}, ["exactly one of `steps` (3) and `cpu_seconds` (5.0)"]),
    ],
)
def test_bad_settings(project: Path, run: Run, tmp_path: Path, change: dict, parts: list[str]) -> None:
    model = {**MODEL, "training": {**MODEL["training"], **change}}
    config = write(tmp_path / "bad.yaml", {"window": WINDOW, "model": model})
    code, _, error = run("train", "--config", config, "--data", project / "data.zarr", "--output", tmp_path / "m")
    assert code == 2
    assert_one_line(error, "bad.yaml", *parts)


@pytest.mark.parametrize("content", ["a: [1", "just words", "- 1", ""])
def test_bad_yaml(run: Run, tmp_path: Path, content: str) -> None:
    config = tmp_path / "bad.yaml"
    config.write_text(content)
    code, _, error = run("prepare", "--config", config, "--output", tmp_path / "d.zarr")
    assert code == 2
    assert_one_line(error, "bad.yaml")


def test_missing_files_and_options(project: Path, run: Run, tmp_path: Path) -> None:
    code, _, error = run("prepare", "--config", tmp_path / "no.yaml", "--output", tmp_path / "d.zarr")
    assert code == 2
    assert_one_line(error, "no.yaml: no such file")
    assert run("train")[0] == 2
    assert run("train", "--seed", "-1")[0] == 2
    assert run("sing")[0] == 2


def test_damaged_data(project: Path, run: Run, tmp_path: Path) -> None:
    import shutil

    data = tmp_path / "data.zarr"
    shutil.copytree(project / "data.zarr", data)
    chunk = max(
        (p for p in (data / "u").rglob("*") if p.is_file() and p.name != "zarr.json"), key=lambda p: p.stat().st_size
    )
    chunk.write_bytes(chunk.read_bytes()[:-10])
    job = ["--config", project / "training.yaml", "--data", data, "--output", tmp_path / "m"]
    code, _, error = run("train", *job)
    assert code == 2
    assert_one_line(error, "data.zarr", "`u`", "truncated")
    chunk.unlink()
    code, _, error = run("train", *job)
    assert code == 2
    assert_one_line(error, "data.zarr", "`u`", "missing")


def test_nan_in_own_data(run: Run, tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(6, 10, 12)).astype("f4")
    values[3, 4, 5] = np.nan
    xr.Dataset({"u": (("trajectory", "time", "x"), values)}).to_netcdf(tmp_path / "mine.nc")
    config = write(
        tmp_path / "d.yaml",
        {"data": {"kind": "file", "path": str(tmp_path / "mine.nc"), "variables": ["u"], "given": 2, "predicted": 4}},
    )
    code, _, error = run("prepare", "--config", config, "--output", tmp_path / "d.zarr")
    assert code == 2
    assert_one_line(error, "mine.nc", "`u`", "3", "4", "5", "nan")
    assert not (tmp_path / "d.zarr").exists()


def test_own_data_from_file_to_forecast(run: Run, tmp_path: Path) -> None:
    """A user's NetCDF of trajectories with a forcing goes through every verb."""
    rng = np.random.default_rng(0)
    u, f = rng.normal(size=(30, 9, 12)).cumsum(1), rng.normal(size=(30, 8, 12))
    fields = {"h": (("sample", "time", "lon"), u, {"units": "m"}), "wind": (("sample", "interval", "lon"), f)}
    xr.Dataset(fields, {"lon": np.arange(12.0), "time": np.arange(9.0)}).to_netcdf(tmp_path / "mine.nc")
    data = {"kind": "file", "path": str(tmp_path / "mine.nc"), "variables": ["h"], "forcing": ["wind"]}
    write(tmp_path / "d.yaml", {"data": {**data, "given": 2, "predicted": 6, "split": [20, 4, 6]}})
    write(tmp_path / "t.yaml", {"window": {"given": 2, "predicted": 6}, "model": MODEL})
    store, model = tmp_path / "d.zarr", tmp_path / "m.safetensors"
    for job in (
        ["validate", tmp_path / "mine.nc"],
        ["prepare", "--config", tmp_path / "d.yaml", "--output", store],
        ["train", "--config", tmp_path / "t.yaml", "--data", store, "--output", model],
        ["forecast", "--model", model, "--data", store, "--output", tmp_path / "f.nc", "--steps", 2],
    ):
        code, _, error = run(*job)
        assert code == 0, error
    with xr.open_dataset(tmp_path / "f.nc") as forecasts:
        assert dict(forecasts["h"].sizes) == {"window": 6, "member": 8, "time": 6, "x": 12}
        assert forecasts["h"].attrs["units"] == "m"


def test_model_of_another_kind_or_size(project: Path, run: Run, tmp_path: Path) -> None:
    job = ["--config", project / "evaluation.yaml", "--data", project / "data.zarr", "--output", tmp_path / "e.json"]
    save_model(tmp_path / "g.safetensors", {"w": torch.zeros(1)}, {"kind": "graph sampler"})
    code, _, error = run("evaluate", *job, "--model", tmp_path / "g.safetensors")
    assert code == 2
    assert_one_line(error, "g.safetensors", "graph sampler")
    shorter = write(tmp_path / "e.yaml", {**EVALUATION, "window": {"given": 1, "predicted": 4}})
    job[1] = shorter
    code, _, error = run("evaluate", *job, "--model", project / "model.safetensors")
    assert code == 2
    assert_one_line(error, "model.safetensors", "`predicted` = 8", "4")


def test_a_stopped_training_says_so_and_goes_on(project: Path, run: Run, tmp_path: Path) -> None:
    model = {**MODEL, "training": {"steps": 400, "batch": 4}}
    config = write(tmp_path / "t.yaml", {"window": WINDOW, "model": model})
    job = ["train", "--config", config, "--data", project / "data.zarr", "--output", tmp_path / "m.safetensors"]
    process = subprocess.Popen([sys.executable, "-m", "sciml.cli.main", *map(str, job)], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 90
    while not any(e["step"] >= 20 for log in tmp_path.glob("run/*/events.jsonl") for e in read_events(log)):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 75
    assert_one_line(error, "stopped by SIGTERM at step", "of 400")
    assert not (tmp_path / "m.safetensors").exists()
    code, _, error = run(*job)
    assert code == 0, error
    assert (tmp_path / "m.safetensors").exists()


def test_fetch_names_what_is_known(run: Run, tmp_path: Path) -> None:
    assert "era5_uk" in run("fetch", "--list")[1]
    code, _, error = run("fetch", "era6", "--output", tmp_path / "x")
    assert code == 2
    assert_one_line(error, "era6", "era5_uk")


def test_inspect_says_what_any_other_model_is(run: Run, tmp_path: Path) -> None:
    save_model(tmp_path / "m.safetensors", {"w": torch.zeros(3, 2)}, {"kind": "sequence oracle", "alphabet": "ACGT"})
    code, out, _ = run("inspect", tmp_path / "m.safetensors")
    assert code == 0 and out.startswith("# sequence oracle; 6 numbers\n")
    assert json.loads(out.split("\n", 1)[1]) == {"alphabet": "ACGT"}
