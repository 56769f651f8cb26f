"""Directories of runs as the workflow writes them, with made-up but plausible numbers: fronts that move and meet."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FRAMES, POINTS, STEPS = 16, 24, 40

# model: kind, members, error of a sample, scale of its detail
MODELS = {
    "wdno": ("neural", 8, 0.10, 1.0),
    "unet_regression": ("neural", 1, 0.08, 0.4),
    "fno": ("neural", 1, 0.13, 0.3),
    "persistence": ("persistence", 1, 0.45, 1.0),
}


def fronts(windows: int, frames: int, points: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(window, time, x) of tanh fronts that move at their own speeds and steepen, with the two axes."""
    draw = np.random.default_rng(seed)
    time, x = np.linspace(0.1, 8, frames), (np.arange(points) + 0.5) / points
    place, speed = draw.uniform(0.1, 0.9, (2, windows, 3, 1, 1)) * np.array([1, 0.08]).reshape(2, 1, 1, 1, 1)
    width = 0.02 + 0.1 * np.exp(-time[:, None] / 2)
    height = draw.normal(0, 0.8, (windows, 3, 1, 1))
    return (height * np.tanh((place + speed * time[:, None] - x) / width)).sum(1), time, x


def _spectrum(field: np.ndarray) -> np.ndarray:
    return np.asarray((np.abs(np.fft.rfft(field)) ** 2).reshape(-1, field.shape[-1] // 2 + 1).mean(0) / field.shape[-1] ** 2)


def _score(error: float, members: int, frames: int, solver: str, nfe: int, main: bool, windows: int) -> dict[str, Any]:
    one = members == 1
    growth = np.linspace(0.2, 1.8, frames) ** 2
    return {
        **{"solver": solver, "main": main, "nfe": nfe, "members": members, "windows": windows},
        **{"mse": error**2, "mse_mean4": None if one else 0.66 * error**2, "mse_mean": error**2 * (1 if one else 0.58)},
        **{"mae": 0.61 * error, "mae_mean": 0.5 * error, "relative_l2": error / 1.3, "largest_error": 4 * error},
        **{"shock_mse": 9 * error**2, "crps": error * (0.61 if one else 0.36), "spread_skill": None if one else 0.87},
        **{"seconds_per_sample": 0.004 * nfe, "mse_by_step": (error**2 * growth / growth.mean()).tolist()},
    }


def _scores(kind: str, error: float, members: int, frames: int) -> list[dict[str, Any]]:
    if members == 1:
        return [
            _score(error, 1, frames, "one call" if kind == "neural" else "closed form", int(kind == "neural"), True, 128)
        ]
    others = [
        _score(error * (1 + 2 / calls), members, frames, f"{name}, {calls} calls", calls, False, 32)
        for name in ("DDIM", "Heun")
        for calls in (2, 4, 8, 20, 50)
    ]
    return [_score(error, members, frames, "DDIM, 10 calls", 10, True, 128), *others]


def write_run(
    root: Path,
    model: str,
    seed: int = 0,
    dataset: str = "burgers",
    size: tuple[int, int] = (FRAMES, POINTS),
    flat: bool = True,
) -> Path:
    """One run's directory; not `flat`: a field in two dimensions, 280 K and more, latitude from north to south."""
    kind, members, error, detail = MODELS[model]
    draw = np.random.default_rng([seed, len(model)])
    directory = root / "pde" / dataset / model / f"seed-{seed}"
    directory.mkdir(parents=True)
    error *= 1 + 0.05 * seed
    field, time, x = fronts(2, *size, seed=7)
    arrays = {"axis_time": time, "axis_x": x}
    if not flat:
        y, arrays["axis_x"] = np.linspace(60, 50, 20), np.linspace(-10, 2, size[1])
        field = 280 + 3 * field[:, :, None, :] + np.cos(y / 3)[:, None]
        arrays["axis_y"] = y
    noise = draw.normal(0, 3 * error, field.shape)
    noise = detail * noise + (1 - detail) * (noise + np.roll(noise, 1, -1) + np.roll(noise, -1, -1)) / 3
    noise *= np.linspace(0.1, 1, size[0]).reshape(1, -1, *[1] * (field.ndim - 2))
    arrays |= {
        "truth": field,
        "prediction": field + noise,
        "mean": field + noise / 2,
        "spread": np.abs(noise) * (members > 1),
    }
    arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
    spectra = {"spectrum_truth": _spectrum(field), "spectrum_prediction": _spectrum(field + noise / 3)}
    np.savez(directory / "pictures.npz", allow_pickle=False, **arrays, **spectra)
    units = {"u": ""} if flat else {"t2m": "K", "time": "h"}
    scores = _scores(kind, error, members, size[0])
    evaluation = {"dataset": dataset, "model": model, "seed": seed, "kind": kind, "units": units, "scores": scores[:1]}
    (directory / "evaluation.json").write_text(json.dumps(evaluation))
    if len(scores) > 1:
        compared = [{**score, "picked": "", "distance": 0.3 / score["nfe"]} for score in scores[1:]]
        compared += [{**compared[0], "solver": "auto, 2 calls", "picked": "noise 3; not calibrated", "distance": None}]
        (directory / "solvers.json").write_text(json.dumps({"scores": compared}))
    (directory / "manifest.json").write_text(json.dumps(_manifest(model, kind, seed)))
    (directory / "events.jsonl").write_text(_events(draw) if kind == "neural" else "")
    return directory


def _manifest(model: str, kind: str, seed: int) -> dict[str, Any]:
    neural = kind == "neural"
    return {
        "config": {"window": {"given": 1, "predicted": 80}, "model": {"kind": kind, "name": model}},
        "versions": {"torch": "2.13.0", "numpy": "2.4.0"},
        **{"git_commit": "3f" * 20, "data_sha256": "ab" * 32, "seed": seed, "device": "cpu", "threads": 1},
        **{"steps": STEPS * 10 if neural else None, "precision": "32" if neural else None},
        **{
            "cpu_seconds": 298.4 + seed if neural else 0.7,
            "wall_seconds": 301.2,
            "started": f"2026-10-0{seed + 1}T09:30:00Z",
        },
        "parameters": 1_234_567 if neural else None,
    }


def _events(draw: np.random.Generator) -> str:
    steps = [
        {"event": "step", "time": 0.0, "step": 10 * k, "loss": float(np.exp(-k / 12) * draw.uniform(0.8, 1.2) + 0.05)}
        | {"rate": 1e-3, "cpu_seconds": 7.4 * k}
        for k in range(1, STEPS + 1)
    ]
    return "".join(json.dumps(event) + "\n" for event in [{"event": "start", "step": 0}, *steps, {"event": "end"}])


def write_runs(folder: Path) -> list[Path]:
    """The runs of four models with three, two, one and one seeds."""
    seeds = {"wdno": 3, "unet_regression": 2}
    return [write_run(folder / "results", model, seed) for model in MODELS for seed in range(seeds.get(model, 1))]


def _share(value: float, count: int, **more: float) -> dict[str, Any]:
    return {"value": value, "interval": [value - 0.05, min(1.0, value + 0.05)], "samples": count, **more}


def _distance(value: float, floor: float, **more: Any) -> dict[str, Any]:
    return {"value": value, "interval": [0.8 * value, 1.3 * value], "floor": floor, **more}


def _graph_scores(error: float, count: int) -> dict[str, Any]:
    names = {"degree": 1.0, "clustering": 2.0, "orbit": 3.0, "spectrum": 0.5, "mean": 2.0}
    protocol = {"mean": 1.1 * error, "deviation": 0.01, "size": 20, "floor": 0.019}
    mmd = {
        name: _distance(size * error, -0.001, biased=size * error + 0.02)
        | {
            "floor_interval": [-0.002, 0.004],
            "published_protocol": protocol if name != "mean" else {"mean": 0.033, "floor": 0.019},
        }
        for name, size in names.items()
    }
    shares = {"connected": 0.984, "unique": 1.0, "novel": 0.95, "reference_in_train": 0.1}
    return {
        "counts": {"generated": count, "reference": 20, "train": 40},
        "mmd": mmd,
        "shares": {name: _share(value, count) for name, value in shares.items()}
        | {"valid": _share(0.91, count, floor=1.0), "vun": _share(0.87, count)},
        "warnings": ["2 of 20 reference graphs are isomorphic to training graphs: scores reward memory"],
    }


def _molecule_scores(error: float, count: int) -> dict[str, Any]:
    shares = {"valid": 0.957, "valid_corrected": 1.0, "connected": 0.97, "unique": 0.99, "novel": 0.8}
    properties = {
        name: _distance(error * k, 0.01 * k, mean=1.0, reference_mean=1.1) for k, name in ((1, "qed"), (9, "weight"))
    }
    return {
        "counts": {"generated": count, "molecules": count, "reference": 50, "floor": count},
        **{name: _share(value, count) for name, value in shares.items()},
        "reference_in_train": _share(0.0, 50),
        "nspdk": _distance(error / 10, -0.0004, biased=error / 10 + 0.01, floor_biased=0.0091),
        "fcd": _distance(20 * error, 0.5),
        "properties": properties,
        "warnings": [f"FCD of {count} molecules is biased upwards: compare with its floor, better with 5000 or more"],
    }


_DRAWN = {
    "graphs": [{"nodes": 4, "edges": [[0, 1], [1, 2], [2, 0]]}, {"nodes": 2, "edges": []}],
    "molecules": [{"smiles": "C1=CC=CN1", "valid": True}, {"smiles": "FN(C)(C)(C)C", "valid": False}],
}


def write_graph_run(
    root: Path, model: str = "gdss", seed: int = 0, dataset: str = "community", error: float = 0.03, molecules: bool = False
) -> Path:
    """One run's directory of a generator of graphs or molecules."""
    directory = root / "graphs" / dataset / model / f"seed-{seed}"
    directory.mkdir(parents=True)
    scored = _molecule_scores if molecules else _graph_scores
    error *= 1 + 0.1 * seed

    def row(name: str, calls: int, count: int, factor: float) -> dict[str, Any]:
        made = {"solver": f"{name}, {calls - 1} steps", "nfe": calls, "count": count, "seconds_per_graph": 0.002 * calls}
        return made | {"scores": scored(error * factor, count)}

    data = {
        "graphs": {"train": 1234, "validation": 0, "test": 20},
        "nodes": [1, 9] if molecules else [12, 20],
        "atoms": ["C", "N"] if molecules else [],
        "source_sha256": {"qm9.csv": "cd" * 32} if molecules else None,
    }
    names = {"domain": "graphs", "dataset": dataset, "model": model, "seed": seed, "description": "A title", "data": data}
    (directory / "evaluation.json").write_text(json.dumps(names | row("DDIM", 21, 64, 1.0)))
    rows = [row(name, calls, 32, 1 + 9 / calls) for name in ("Heun", "DDIM") for calls in (5, 10)]
    (directory / "solvers.json").write_text(json.dumps({"seed": seed, "rows": rows}))
    drawn = _DRAWN["molecules" if molecules else "graphs"]
    (directory / "examples.json").write_text(json.dumps({"generated": drawn, "training": drawn[:1]}))
    (directory / "manifest.json").write_text(json.dumps(_manifest(model, "neural", seed)))
    (directory / "events.jsonl").write_text(_events(np.random.default_rng(seed)))
    return directory


@pytest.fixture
def graph_run(tmp_path: Path) -> Path:
    """One run of a generator of graphs."""
    return write_graph_run(tmp_path / "results")


@pytest.fixture
def molecule_run(tmp_path: Path) -> Path:
    """One run of a generator of molecules."""
    return write_graph_run(tmp_path / "results", dataset="qm9", molecules=True)


@pytest.fixture(scope="session")
def graph_runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two generators of graphs, the first with two seeds, and one of molecules; shared by tests that change nothing."""
    root = tmp_path_factory.mktemp("graphs") / "results"
    generators = [write_graph_run(root, "ours", seed, error=0.01) for seed in (0, 1)]
    return [*generators, write_graph_run(root, "gdss"), write_graph_run(root, "ours", dataset="qm9", molecules=True)]


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Four models on Burgers: one ensemble with three seeds, a regression with two, the rest with one."""
    return write_runs(tmp_path)


@pytest.fixture(scope="session")
def kept_runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """As `runs`, shared by tests that change nothing."""
    return write_runs(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """One run of an ensemble."""
    return write_run(tmp_path / "results", "wdno")


@pytest.fixture
def plane_runs(tmp_path: Path) -> list[Path]:
    """Two models on a field in two dimensions."""
    return [write_run(tmp_path / "results", model, dataset="era5", flat=False) for model in ("wdno", "persistence")]


@pytest.fixture
def edit() -> Callable[[Path, Callable[[dict[str, Any]], Any]], None]:
    """Changes a JSON file in place."""

    def change(file: Path, how: Callable[[dict[str, Any]], Any]) -> None:
        values = json.loads(file.read_text())
        how(values)
        file.write_text(json.dumps(values))

    return change
