"""Which split is trained on and which is scored, told by data whose scores are known."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from sciml.config.base import parse
from sciml.config.jobs import EvaluationJob, TrainingJob
from sciml.io.split import SPLITS
from sciml.io.zarr_store import write_dataset
from sciml.pde.evaluate import evaluate_forecaster
from sciml.pde.train import train_forecaster

OFFSETS = {"train": 10.0, "validation": 11.0, "test": 13.0}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Trajectories sin(k x), plus the offset of their split from the second frame on; splits in no order."""
    parts = np.array([2, 0, 1, 0, 2, 1, 0, 2], dtype=np.int8)
    offsets = np.array(list(OFFSETS.values()))[parts]
    x = np.linspace(0, 1, 8, dtype=np.float32)
    u = np.sin(x) + offsets[:, None, None] * (np.arange(5) > 0)[:, None]
    dataset = xr.Dataset({"u": (("trajectory", "time", "x"), u.astype(np.float32))})
    write_dataset(dataset.assign_coords(split=("trajectory", parts)), tmp_path / "d.zarr")
    return tmp_path / "d.zarr"


@pytest.mark.parametrize(
    ("kind", "error"),
    [("persistence", OFFSETS["test"]), ("climatology", OFFSETS["test"] - OFFSETS["train"])],
)
def test_trained_on_the_training_split_and_scored_on_the_test_split(
    store: Path, tmp_path: Path, kind: str, error: float
) -> None:
    window = {"given": 1, "predicted": 4}
    job = parse(TrainingJob, {"window": window, "model": {"kind": kind}}, "t")
    trained = train_forecaster(job, store, seed=0, run_directory=tmp_path / "run")
    scored = parse(EvaluationJob, {"window": window, "evaluation": {"windows": 100}}, "e")
    found = evaluate_forecaster(trained.forecaster, scored, store, seed=0)
    (scores,) = found.scores
    assert scores["mse"] == pytest.approx(error**2, rel=1e-5)
    assert scores["mae"] == pytest.approx(error, rel=1e-5)
    assert scores["mse_by_step"] == pytest.approx([error**2] * 4, rel=1e-5)
    assert found.pictures["truth"][:, 0, 0].tolist() == pytest.approx([OFFSETS["test"]] * 3)
    assert SPLITS[2] == "test"


def test_a_record_without_a_period_can_be_forecast_by_every_baseline(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).standard_normal((60, 4)).astype(np.float32)
    parts = np.repeat(np.array([0, 2], dtype=np.int8), 30)
    dataset = xr.Dataset({"u": (("time", "x"), noise)}).assign_coords(split=("time", parts))
    write_dataset(dataset, tmp_path / "r.zarr")
    window = {"given": 2, "predicted": 1}
    for kind in ("climatology", "damped_persistence"):
        job = parse(TrainingJob, {"window": window, "model": {"kind": kind}}, "t")
        trained = train_forecaster(job, tmp_path / "r.zarr", seed=0, run_directory=tmp_path / "run")
        scored = parse(EvaluationJob, {"window": window, "evaluation": {"windows": 100}}, "e")
        (scores,) = evaluate_forecaster(trained.forecaster, scored, tmp_path / "r.zarr", seed=0).scores
        assert scores["mse"] == pytest.approx(1, abs=0.3)  # white noise: nothing but the mean is known


def test_seconds_are_for_one_sample_of_one_window(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    window = {"given": 1, "predicted": 4}
    net = {"kind": "unet", "width": 4, "multipliers": [1], "attention": False}
    job = parse(
        TrainingJob,
        {"window": window, "model": {"kind": "neural", "net": net, "training": {"steps": 1, "batch": 2, "warmup": 0}}},
        "t",
    )
    trained = train_forecaster(job, store, seed=0, run_directory=tmp_path / "run")
    settings = {"windows": 100, "members": 4, "solver": {"steps": 1}}
    scored = parse(EvaluationJob, {"window": window, "evaluation": settings}, "e")
    clock = iter([5.0, 29.0])
    monkeypatch.setattr("sciml.pde.evaluate.time.process_time", lambda: next(clock))
    (scores,) = evaluate_forecaster(trained.forecaster, scored, store, seed=0).scores
    assert scores["seconds_per_sample"] == 24 / (3 * 4)
