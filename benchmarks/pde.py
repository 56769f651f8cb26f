"""Measure what the PDE part promises.

    python benchmarks/pde.py --quick --json     five figures in under 50 s on two cores
    python benchmarks/pde.py --full             every figure; writes benchmarks/pde.json (about an hour on two cores)

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
from statistics import median
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pywt
import torch
import yaml
from pde_models import SCIML, compare_models, run_sciml, thorough, thorough_model

from sciml.config.models import NeuralConfig
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
from sciml.training.ema import ExponentialMovingAverage
from sciml.training.step import make_optimizer, train_step

ROOT = Path(__file__).resolve().parent.parent


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


def resume_equal(folder: Path, seed: int, steps: int = 40, kills: int = 3) -> bool:
    """Whether a training killed at random steps ends with the file of an unbroken one, byte for byte."""
    data, config = folder / "small.zarr", folder / "small.yaml"
    prepare_burgers(data, train=16, validation=0, test=4, points=32, intervals=16, solver_points=32, seed=seed)
    model = {
        "kind": "neural",
        "net": {"kind": "spectral", "modes": 4, "width": 8, "layers": 2, "dropout": 0.1},
        "training": {"steps": steps, "batch": 8, "warmup": 5, "checkpoint_seconds": 0},
    }
    config.write_text(yaml.safe_dump({"window": {"given": 1, "predicted": 16}, "model": model}))
    job = ["train", "--config", config, "--data", data, "--seed", str(seed)]
    with ThreadPoolExecutor(1) as pool:
        unbroken = pool.submit(run_sciml, *job, "--output", folder / "unbroken.safetensors", "--run-directory", folder / "u")
        for step in sorted(random.SystemRandom().sample(range(1, steps), kills)):
            _kill_at(folder / "k", job, folder / "killed.safetensors", step)
        run_sciml(*job, "--output", folder / "killed.safetensors", "--run-directory", folder / "k")
        unbroken.result()
    return (folder / "unbroken.safetensors").read_bytes() == (folder / "killed.safetensors").read_bytes()


def _kill_at(run: Path, job: list, output: Path, step: int) -> None:
    """Start a training and kill it once it has saved `step`."""
    command = [*SCIML, *map(str, job), "--output", str(output), "--run-directory", str(run)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"})
    reached = 0
    while reached < step and process.poll() is None:
        time.sleep(0.01)
        for log in run.glob("*/events.jsonl"):
            reached = max([e["step"] for e in read_events(log)], default=0)
    process.kill()
    process.wait()


def throughput_ratio(rounds: int = 4) -> dict[str, float]:
    """Trajectories a second of the step of `fit`, averaging of weights included, over those of a plain float32 loop.

    Network, loss and batch are those of WDNO at the thorough scale; the steps alternate. The plain loop is what one writes
    first: float32, AdamW as it comes, the loss read every step.
    """
    torch.set_num_threads(1)
    config = thorough_model("wdno")
    ours, plain = (_objective(config) for _ in range(2))
    states, conditions = torch.randn(64, 4, 40, 60), torch.randn(64, 8, 40, 60)
    batches = Batches((states, conditions), config.training.batch, seed=0)
    optimizer, noise = make_optimizer(ours, config.training), torch.Generator().manual_seed(0)
    ema = ExponentialMovingAverage(ours.parameters(), 10.0)
    naive = torch.optim.AdamW(plain.parameters(), lr=config.training.rate)
    clip, rate = config.training.clip, config.training.rate

    def our_step(k: int, precision: str) -> None:
        train_step(ours, optimizer, ema, batches[k], noise, step=k, rate=rate, clip=clip, precision=precision)

    def plain_step(k: int) -> float:
        naive.zero_grad()
        loss = plain(noise, *batches[k])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(plain.parameters(), clip)
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


def full(seeds: list[int], workers: int) -> dict[str, Any]:
    """Every figure: the quick ones, orders, and all models of the thorough scale."""
    results: dict[str, Any] = {
        "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count(), "python": sys.version},
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
        "git_commit": git_commit(),
        "seeds": seeds,
        **quick(),
        "throughput": throughput_ratio(),
        "cole_hopf": {n + 1: cole_hopf_error(n) for n in (119, 239, 479)},
    }
    settings = thorough()
    results["complete"], results["settings"] = False, settings.model_dump(mode="json", include={"pde"})
    with tempfile.TemporaryDirectory() as folder:
        for dataset in settings.pde:

            def save(rows: dict[str, Any], dataset: str = dataset) -> None:
                _write(results | {dataset: rows})

            results[dataset] = compare_models(settings, Path(folder), dataset, seeds, workers, save)
    return results | {"complete": True}


def _write(results: dict[str, Any]) -> None:
    with atomic_file(ROOT / "benchmarks" / "pde.json") as temporary:
        temporary.write_text(json.dumps(results, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    scale = parser.add_mutually_exclusive_group(required=True)
    scale.add_argument("--quick", action="store_true", help="the figures that take seconds")
    scale.add_argument("--full", action="store_true", help="every figure")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--workers", type=int, default=2, help="jobs side by side, one thread each")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    results = quick() if arguments.quick else full(arguments.seeds, arguments.workers)
    if arguments.full:
        _write(results)
    print(json.dumps(results) if arguments.json else json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
