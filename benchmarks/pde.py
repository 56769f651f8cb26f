"""Measure what the PDE part promises.

    python benchmarks/pde.py --quick --json     five figures in under 50 s on two cores
    python benchmarks/pde.py --full             every figure; writes benchmarks/pde.json (about 45 minutes on two cores)

Times are processor seconds with one thread a job; ratios are taken in one run, alternating.
"""

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pywt
import torch
import yaml

from sciml.config.base import read_config
from sciml.config.jobs import TrainingJob, window_of
from sciml.config.models import NeuralConfig
from sciml.config.settings import Settings
from sciml.io.atomic import atomic_file
from sciml.io.events import read_events
from sciml.io.provenance import git_commit
from sciml.numerics.wavelets.transform import WaveletTransform
from sciml.pde.data.prepare import prepare_burgers
from sciml.pde.data.windows import Windows
from sciml.pde.equations.burgers import nodes, solve
from sciml.pde.equations.cole_hopf import cole_hopf
from sciml.pde.forecaster import Forecaster
from sciml.pde.geometry import Geometry
from sciml.pde.wdno import build
from sciml.training.batches import Batches
from sciml.training.step import compute_loss, make_optimizer

ROOT = Path(__file__).resolve().parent.parent
SCIML = [sys.executable, "-m", "sciml.cli.main"]


def cole_hopf_error(points: int, viscosity: float = 0.01, t: float = 0.5) -> float:
    """Relative L2 error of the finite volumes for u_0 = sin(2 pi x), after its shock has formed."""
    x = nodes(points)
    found = solve(torch.sin(2 * torch.pi * x)[None], torch.zeros(1, 2, points).double(), viscosity=viscosity, duration=t)
    exact = cole_hopf(
        x,
        t,
        velocity=lambda y: torch.sin(2 * torch.pi * y),
        potential=lambda y: -torch.cos(2 * torch.pi * y) / (2 * torch.pi),
        largest=1.0,
        viscosity=viscosity,
    )
    return float((found[0, -1] - exact).norm() / exact.norm())


def wavelet_errors() -> tuple[float, float]:
    """(largest difference from PyWavelets in float32, largest error of a gradient in float64), over sizes and modes.

    The exact gradient of <w, W x> is W^T w: it is built column by column from PyWavelets.
    """
    value, gradient = 0.0, 0.0
    noise = torch.Generator().manual_seed(0)
    for shape in [(64,), (27,), (80, 120), (33, 49), (20, 33, 49), (6, 5, 8)]:
        for wavelet in ("bior2.4", "bior1.3", "db3"):
            for mode in ("periodization", "zero"):
                for backend in ("matrix", "library") if len(shape) < 3 else ("matrix",):
                    transform = WaveletTransform(len(shape), wavelet, mode, backend=backend)
                    value = max(value, _difference(transform, torch.randn(shape, generator=noise)))
                    if min(shape) * len(shape) <= 64:
                        gradient = max(gradient, _gradient_error(transform, torch.randn(shape, generator=noise).double()))
    return value, gradient


def _bands(transform: WaveletTransform, x: torch.Tensor) -> torch.Tensor:
    parts = transform.forward(x)
    return torch.cat([parts.average[None], parts.details[0]])


def _reference(transform: WaveletTransform, x: np.ndarray) -> np.ndarray:
    d = transform.dimensions
    parts = pywt.dwtn(x, transform.wavelet, transform.mode, axes=range(x.ndim - d, x.ndim))
    keys = [format(band, f"0{d}b").replace("0", "a").replace("1", "d") for band in range(2**d)]
    return np.stack([parts[key] for key in keys])


def _difference(transform: WaveletTransform, x: torch.Tensor) -> float:
    forward = np.abs(_bands(transform, x).numpy() - _reference(transform, x.numpy())).max()
    backward = (transform.inverse(transform.forward(x)) - x).abs().max()
    return max(float(forward), float(backward))


def _gradient_error(transform: WaveletTransform, x: torch.Tensor) -> float:
    x.requires_grad_()
    bands = _bands(transform, x)
    w = torch.randn(bands.shape, generator=torch.Generator().manual_seed(1)).double()
    (found,) = torch.autograd.grad((w * bands).sum(), x)
    probes = np.random.default_rng(0).choice(x.numel(), size=min(40, x.numel()), replace=False)
    errors = []
    for probe in probes:
        unit = np.zeros(x.numel())
        unit[probe] = 1
        exact = (w.numpy() * _reference(transform, unit.reshape(x.shape))).sum()
        errors.append(abs(float(found.flatten()[probe]) - exact))
    return max(errors)


def run_sciml(*arguments: str | Path) -> None:
    """One verb as a process with one thread; its output is shown if it fails."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([*SCIML, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"sciml {' '.join(map(str, arguments))} ended with {done.returncode}:\n{done.stderr}")


def resume_equal(folder: Path, seed: int, steps: int = 60, kills: int = 3) -> bool:
    """Whether a training killed at random steps ends with the file of an unbroken one, byte for byte."""
    data, config = folder / "small.zarr", folder / "small.yaml"
    prepare_burgers(data, train=16, validation=0, test=4, points=32, intervals=16, solver_points=32, seed=seed)
    model = {
        "kind": "neural",
        "net": {"kind": "unet", "width": 8, "multipliers": [1, 2], "dropout": 0.1},
        "training": {"steps": steps, "batch": 8, "checkpoint_seconds": 0},
    }
    config.write_text(yaml.safe_dump({"window": {"given": 1, "predicted": 16}, "model": model}))
    job = ["train", "--config", config, "--data", data, "--seed", str(seed)]
    with ThreadPoolExecutor(1) as pool:
        unbroken = pool.submit(run_sciml, *job, "--output", folder / "unbroken.safetensors", "--run-directory", folder / "u")
        dice, reached = random.Random(), 0
        for _ in range(kills):
            reached = _kill_at(folder / "k", job, folder / "killed.safetensors", dice.randrange(reached + 1, steps))
        run_sciml(*job, "--output", folder / "killed.safetensors", "--run-directory", folder / "k")
        unbroken.result()
    return (folder / "unbroken.safetensors").read_bytes() == (folder / "killed.safetensors").read_bytes()


def _kill_at(run: Path, job: list, output: Path, step: int) -> int:
    """Start a training and kill it once it has saved `step`; the step then reached."""
    command = [*SCIML, *map(str, job), "--output", str(output), "--run-directory", str(run)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"})
    reached = 0
    while reached < step and process.poll() is None:
        time.sleep(0.01)
        for log in run.glob("*/events.jsonl"):
            reached = max([e["step"] for e in read_events(log)], default=0)
    process.kill()
    process.wait()
    return min(reached, step)


def throughput_ratio(rounds: int = 4) -> dict[str, float]:
    """Trajectories a second of our training step over those of a plain float32 loop, same net, alternating.

    The plain loop is what one writes first: default memory layout, float32, AdamW as it comes, the loss read every step.
    """
    torch.set_num_threads(1)
    config = default_model("wdno")
    ours, plain = (_objective(config) for _ in range(2))
    plain.to(memory_format=torch.contiguous_format)
    states, conditions = torch.randn(64, 4, 40, 60), torch.randn(64, 8, 40, 60)
    batches = Batches((states, conditions), config.training.batch, seed=0)
    optimizer, noise = make_optimizer(ours, config.training), torch.Generator().manual_seed(0)
    naive = torch.optim.AdamW(plain.parameters(), lr=config.training.rate)

    def our_step(k: int, precision: str) -> None:
        compute_loss(ours, batches[k], noise, precision).backward()
        torch.nn.utils.clip_grad_norm_(ours.parameters(), config.training.clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    def plain_step(k: int) -> float:
        naive.zero_grad()
        loss = plain(noise, *batches[k])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(plain.parameters(), config.training.clip)
        naive.step()
        return loss.item()

    seconds: dict[str, list[float]] = {"bf16": [], "32": [], "plain": []}
    for k in range(rounds + 1):
        for name in seconds:
            began = time.process_time()
            plain_step(k) if name == "plain" else our_step(k, name)
            if k:
                seconds[name].append(time.process_time() - began)
    ratios = {p: median(b / a for a, b in zip(seconds[p], seconds["plain"], strict=True)) for p in ("bf16", "32")}
    return {"ratio": max(ratios.values()), "bf16": ratios["bf16"], "float32": ratios["32"]}


def _objective(config: NeuralConfig) -> torch.nn.Module:
    geometry = Geometry(1, 1, 1, 80, (120,), None, ("u",))
    forecaster = build(config, geometry)
    assert isinstance(forecaster, Forecaster)
    fields = torch.randn(4, 1, 80, 120)
    forecaster.fit_statistics(Windows(fields[:, :, :1], fields, fields, torch.arange(81).expand(4, 81)))
    return forecaster.objective()


def default_settings() -> Settings:
    """The default scale."""
    return read_config(Settings, ROOT / "workflows" / "config" / "default.yaml")


def default_model(name: str) -> NeuralConfig:
    """A trained model of the default scale's Burgers experiment."""
    model = default_settings().pde["burgers"].models[name]
    assert isinstance(model, NeuralConfig)
    return model


def quick() -> dict[str, Any]:
    """The figures that take seconds."""
    value, gradient = wavelet_errors()
    with tempfile.TemporaryDirectory() as folder:
        equal = resume_equal(Path(folder), seed=random.SystemRandom().randrange(1000))
    return {
        "cole_hopf_240": cole_hopf_error(239),
        "wavelet_max_error": value,
        "gradient_max_error": gradient,
        "resume_equal": equal,
        "throughput_ratio": round(throughput_ratio()["ratio"], 3),
    }


def full(seeds: list[int], cpu_seconds: float, workers: int) -> dict[str, Any]:
    """Every figure: the quick ones, orders, and all models of the default scale at this budget and these seeds."""
    results: dict[str, Any] = {
        "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count(), "python": sys.version},
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
        "git_commit": git_commit(),
        "seeds": seeds,
        "cpu_seconds_of_training": cpu_seconds,
        **quick(),
        "throughput": throughput_ratio(),
        "cole_hopf": {n + 1: cole_hopf_error(n) for n in (119, 239, 479)},
    }
    with tempfile.TemporaryDirectory() as folder:
        for dataset in ("burgers", "era5_uk"):
            results[dataset] = compare_models(Path(folder), dataset, seeds, cpu_seconds, workers)
    return results


def compare_models(folder: Path, dataset: str, seeds: list[int], cpu_seconds: float, workers: int) -> dict[str, Any]:
    """Train and score every model of a data set: {model: {score: [of each seed]}}."""
    settings = default_settings()
    experiment = settings.pde[dataset]
    window, data = window_of(experiment.data), folder / f"{dataset}.zarr"
    source = Path(os.environ.get("SCIML_MIRROR", settings.mirror or "")) / "pde" / "era5-2mt-2019-03-uk.grib"
    if dataset == "era5_uk" and not source.exists():
        return {"skipped": "no mirror of real data"}
    dump = {"data": experiment.data.model_dump(mode="json")}
    (folder / "data.yaml").write_text(yaml.safe_dump(dump))
    run_sciml("prepare", "--config", folder / "data.yaml", "--output", data, "--source", source)
    evaluation = experiment.evaluation.model_copy(update={"windows": 256, "members": 4, "solvers": ()})
    job = {"window": window.model_dump(), "evaluation": evaluation.model_dump(mode="json")}
    (folder / "evaluation.yaml").write_text(yaml.safe_dump(job))

    def one(name: str, seed: int) -> dict[str, Any]:
        model = experiment.models[name]
        if isinstance(model, NeuralConfig):
            budget = cpu_seconds if dataset == "burgers" else model.training.cpu_seconds
            training = model.training.model_copy(update={"cpu_seconds": budget})
            model = model.model_copy(update={"training": training})
        place = folder / dataset / name / str(seed)
        place.mkdir(parents=True)
        config = TrainingJob(window=window, model=model).model_dump(mode="json")
        (place / "training.yaml").write_text(yaml.safe_dump(config))
        files = ["--output", place / "model.safetensors", "--manifest", place / "manifest.json"]
        run_sciml("train", "--config", place / "training.yaml", "--data", data, "--seed", str(seed), *files)
        files = ["--model", place / "model.safetensors", "--output", place / "evaluation.json"]
        run_sciml("evaluate", "--config", folder / "evaluation.yaml", "--data", data, "--seed", str(seed), *files)
        score = json.loads((place / "evaluation.json").read_text())["scores"][0]
        manifest = json.loads((place / "manifest.json").read_text())
        kept = {key: score[key] for key in SCORES} | {key: manifest[key] for key in ("steps", "cpu_seconds", "precision")}
        print(dataset, name, seed, kept, file=sys.stderr, flush=True)
        return kept

    names = list(experiment.models)
    pairs = [(n, s) for s in seeds for n in names if s == seeds[0] or isinstance(experiment.models[n], NeuralConfig)]
    with ThreadPoolExecutor(workers) as pool:
        rows = list(pool.map(lambda pair: one(*pair), pairs))
    return {n: _summary([row for pair, row in zip(pairs, rows, strict=True) if pair[0] == n]) for n in names}


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
    "seconds_per_window",
)


def _summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    summary: dict[str, Any] = {}
    for key in rows[0]:
        values = [row[key] for row in rows]
        summary[key] = values
        if all(isinstance(v, float) for v in values):
            summary[f"{key}_average"] = mean(values)
            summary[f"{key}_deviation"] = stdev(values) if len(values) > 1 else None
    return summary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    scale = parser.add_mutually_exclusive_group(required=True)
    scale.add_argument("--quick", action="store_true", help="the figures that take seconds")
    scale.add_argument("--full", action="store_true", help="every figure")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--cpu-seconds", type=float, default=300.0, help="of training, each model")
    parser.add_argument("--workers", type=int, default=2, help="jobs side by side, one thread each")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    results = quick() if arguments.quick else full(arguments.seeds, arguments.cpu_seconds, arguments.workers)
    if arguments.full:
        with atomic_file(ROOT / "benchmarks" / "pde.json") as temporary:
            temporary.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results) if arguments.json else json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
