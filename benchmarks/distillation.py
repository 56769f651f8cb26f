"""Distillation measured on teachers that are exact: students of one call, discrete samplers of few, mixtures of experts.

    python benchmarks/distillation.py --quick --json
    python benchmarks/distillation.py --full [--seeds N] [--output FILE]

`--quick` trains small students on the spot, and says so; `--full` trains each for thousands of steps.
"""

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from distillation_experts import experts
from distillation_letters import correlated_law, di4c, lsd
from distillation_ring import Bed, measured

from sciml.io.atomic import atomic_file
from sciml.io.provenance import git_commit
from sciml.processes.absorbing import Absorbing

STEPS = {"regression": 3000, "pid": 8000, "boot": 3000, "boot_first_order": 3000, "consistency": 2500, "progressive": 3000}
INTERVALS = (8, 32, 128)


def quick() -> dict[str, Any]:
    """What takes less than a minute."""
    bed, law = Bed("ring"), correlated_law()
    students = {method: measured(method, bed, steps=40, seed=0) for method in ("regression", "pid", "consistency")}
    return {
        "students": "small ones, trained on the spot",
        "ring_floor_energy": bed.floor()["energy"],
        "ring_one_call_energy": {method: found["energy"] for method, found in students.items()},
        "ring_one_call": students,
        "lsd_tv_ratio": lsd(law, Absorbing(law.shape[0]), seed=0)["lsd_tv_ratio"],
        "di4c_tv_ratio": di4c(law, seed=0, latents=16, steps=200)["di4c_tv_ratio"],
        "vdd_forward_kl": experts("unequal", seed=0, steps=1000)["forward_kl"],
    }


def full(seeds: int, output: Path) -> dict[str, Any]:
    """Every bar of the test beds; the file is written anew after each part."""
    beds = {name: Bed(name) for name in ("ring", "lattice", "image")}
    found: dict[str, Any] = {"git_commit": git_commit(), "steps": STEPS, "floors": {}, "teacher": {}, "runs": []}
    for name, bed in beds.items():
        found["floors"][name] = bed.floor()
        found["teacher"][name] = {str(n): bed.solver(n) for n in (1, 2, 4, 6, 10, 18, 35)}
    for seed in range(seeds):
        run: dict[str, Any] = {"seed": seed}
        found["runs"].append(run)
        for name, part in parts(beds, seed).items():
            run[name] = part()
            _write(output, found | {"complete": False})
    return found | {"summary": summary(found)}


def parts(beds: dict[str, Bed], seed: int) -> dict[str, Callable[[], Any]]:
    """What is measured with one seed; a third of the steps on the beds beside the ring, and on coarse grids."""
    law = correlated_law()

    def ring(method: str) -> Callable[[], Any]:
        return lambda: measured(method, beds["ring"], steps=STEPS[method], seed=seed)

    def other(name: str) -> Callable[[], Any]:
        methods = ("regression", "pid", "boot", "consistency")
        return lambda: {method: measured(method, beds[name], steps=STEPS[method] // 3, seed=seed) for method in methods}

    def intervals(method: str) -> Callable[[], Any]:
        steps = STEPS["boot"] // 3
        return lambda: {str(n): measured(method, beds["ring"], steps=steps, seed=seed, intervals=n) for n in INTERVALS}

    return {
        **{f"ring, {method}": ring(method) for method in STEPS},
        "vdd": lambda: {name: experts(name, seed=seed) for name in ("unequal", "ring")},
        "lattice": other("lattice"),
        "image": other("image"),
        **{f"intervals, {method}": intervals(method) for method in ("pid", "boot_first_order", "boot")},
        "lsd": lambda: lsd(law, Absorbing(law.shape[0]), seed=seed),
        "di4c": lambda: di4c(law, seed=seed, latents=16),
    }


def summary(found: dict[str, Any]) -> dict[str, Any]:
    """Means over seeds, in the words of the quick answer."""

    def of(name: str, method: str) -> float:
        return mean(run[f"ring, {method}"][name] for run in found["runs"])

    return {
        "ring_floor_energy": found["floors"]["ring"]["energy"],
        **{f"ring_one_call_{name}": {m: of(name, m) for m in STEPS} for name in ("energy", "map_rms", "modes", "cpu_s")},
        "lsd_tv_ratio": mean(run["lsd"]["lsd_tv_ratio"] for run in found["runs"]),
        "di4c_tv_ratio": {n: mean(run["di4c"]["di4c_tv_ratio"][n] for run in found["runs"]) for n in ("1", "2", "4")},
        "vdd_forward_kl": mean(run["vdd"]["unequal"]["forward_kl"] for run in found["runs"]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--quick", action="store_true", help="what takes less than a minute")
    which.add_argument("--full", action="store_true", help="every bar of the test beds")
    parser.add_argument("--json", action="store_true", help="print one JSON object (always so)")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("distillation.json"))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    found = quick() if asked.quick else full(asked.seeds, asked.output) | {"complete": True}
    if asked.full:
        _write(asked.output, found)
    print(json.dumps(found, indent=1))


def _write(path: Path, found: dict[str, Any]) -> None:
    with atomic_file(path) as temporary:
        temporary.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
