"""Train and score every model of a data set of the thorough scale, as processes side by side, and gather the scores."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import yaml

from sciml.config.base import read_config
from sciml.config.jobs import TrainingJob, window_of
from sciml.config.models import NeuralConfig
from sciml.config.settings import ExperimentConfig, Settings

ROOT = Path(__file__).resolve().parent.parent
SCIML = [sys.executable, "-m", "sciml.cli.main"]
SCORES = (
    "mse",
    "mse_mean4",
    "mse_mean",
    "mae",
    "mae_mean",
    "relative_l2",
    "shock_mse",
    "crps",
    "spread_skill",
    "seconds_per_sample",
)


def thorough() -> Settings:
    """The thorough scale."""
    return read_config(Settings, ROOT / "workflows" / "config" / "thorough.yaml")


def thorough_model(name: str) -> NeuralConfig:
    """A trained model of the Burgers experiment."""
    model = thorough().pde["burgers"].models[name]
    assert isinstance(model, NeuralConfig)
    return model


def run_sciml(*arguments: str | Path) -> None:
    """One verb as a process with one thread; its output is shown if it fails."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([*SCIML, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"sciml {' '.join(map(str, arguments))} ended with {done.returncode}:\n{done.stderr}")


def compare_models(
    settings: Settings, folder: Path, dataset: str, seeds: list[int], workers: int, save: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Train and score every model of a data set: {model: {score: [of each seed]}}; `save` gets what is there after each."""
    experiment = settings.pde[dataset]
    source = Path(os.environ.get("SCIML_MIRROR", settings.mirror or "")) / "pde" / "era5-2mt-2019-03-uk.grib"
    if dataset == "era5_uk" and not source.exists():
        return {"skipped": "no mirror of real data"}
    _prepare(experiment, folder / dataset, source)
    names = list(experiment.models)
    pairs = [(n, s) for s in seeds for n in names if s == seeds[0] or isinstance(experiment.models[n], NeuralConfig)]
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    summaries: dict[str, Any] = {}
    with ThreadPoolExecutor(workers) as pool:
        jobs = {pool.submit(_train_and_score, experiment, folder / dataset, *pair): pair for pair in pairs}
        for done in as_completed(jobs):
            if done.exception() is not None:
                pool.shutdown(cancel_futures=True)
            rows[jobs[done]] = done.result()
            summaries = {n: _summary({s: rows[n, s] for s in seeds if (n, s) in rows}) for n in names}
            save({name: summary for name, summary in summaries.items() if summary})
    return summaries


def _prepare(experiment: ExperimentConfig, folder: Path, source: Path) -> None:
    """The data and the settings of the evaluation."""
    folder.mkdir()
    (folder / "data.yaml").write_text(yaml.safe_dump({"data": experiment.data.model_dump(mode="json")}))
    run_sciml("prepare", "--config", folder / "data.yaml", "--output", folder / "data.zarr", "--source", source)
    evaluation = experiment.evaluation.model_copy(update={"solvers": ()})
    job = {"window": window_of(experiment.data).model_dump(), "evaluation": evaluation.model_dump(mode="json")}
    (folder / "evaluation.yaml").write_text(yaml.safe_dump(job))


def _train_and_score(experiment: ExperimentConfig, folder: Path, name: str, seed: int) -> dict[str, Any]:
    place, data = folder / name / str(seed), folder / "data.zarr"
    place.mkdir(parents=True)
    config = TrainingJob(window=window_of(experiment.data), model=experiment.models[name]).model_dump(mode="json")
    (place / "training.yaml").write_text(yaml.safe_dump(config))
    files = ["--output", place / "model.safetensors", "--manifest", place / "manifest.json"]
    run_sciml("train", "--config", place / "training.yaml", "--data", data, "--seed", str(seed), *files)
    files = ["--model", place / "model.safetensors", "--output", place / "evaluation.json"]
    run_sciml("evaluate", "--config", folder / "evaluation.yaml", "--data", data, "--seed", str(seed), *files)
    score = json.loads((place / "evaluation.json").read_text())["scores"][0]
    manifest = json.loads((place / "manifest.json").read_text())
    kept = {key: score[key] for key in SCORES} | {key: manifest[key] for key in ("steps", "cpu_seconds", "precision")}
    print(folder.name, name, seed, kept, file=sys.stderr, flush=True)
    return kept


def _summary(rows_of_seeds: dict[int, dict[str, Any]]) -> dict[str, Any]:
    if not rows_of_seeds:
        return {}
    rows = list(rows_of_seeds.values())
    summary: dict[str, Any] = {"seeds": list(rows_of_seeds)}
    for key in rows[0]:
        values = [row[key] for row in rows]
        summary[key] = values
        if all(isinstance(v, float) for v in values):
            summary[f"{key}_average"] = mean(values)
            summary[f"{key}_deviation"] = stdev(values) if len(values) > 1 else None
    return summary
