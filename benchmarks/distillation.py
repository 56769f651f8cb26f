"""Distillation measured: on teachers that are exact, students of one call, discrete samplers of few, mixtures of experts; on
models of fields, graphs and DNA, students beside their teachers.

    python benchmarks/distillation.py --quick --json
    python benchmarks/distillation.py --full [--seeds N] [--only PART ...] [--missing] [--output FILE]

`--full` trains each student for thousands of steps, and keeps some of the first seed under `students/`; `--quick` measures
those again, and trains small ones on the spot for the rest. `--only` measures the parts whose names begin so, and leaves the
others in the file as they are; `--missing` leaves what the file has. Energies are in two forms: without bias, and biased, as
bars and papers have them. DNA, GB1 and peaks need the public files, in the folder that the environment variable SCIML_MIRROR
names, or ../shared/data beside the checkout; they are left out without.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from distillation_dna import dna
from distillation_experts import experts
from distillation_fields import fields
from distillation_graphs import graphs
from distillation_letters import correlated_law, di4c, lsd
from distillation_ring import Bed, measured, remeasured
from kept_students import FOLDER
from public_files import public_files
from sequence_bars import tilted
from sequences import tables

from sciml.io.atomic import atomic_file
from sciml.io.provenance import git_commit
from sciml.processes.absorbing import Absorbing

STEPS = {
    "regression": 3000,
    "pid": 6000,  # of half the batch
    "boot": 3000,
    "boot_first_order": 3000,
    "consistency": 2500,
    "consistency_short": 2500,
    "consistency_training": 6000,
    "progressive": 3000,
}
KEPT = ("regression", "pid", "boot", "consistency")  # of the ring
RING = ("energy", "energy_biased", "map_rms", "modes", "cpu_s")
INTERVALS = (8, 32, 128)
CALLS = (1, 2, 4, 6, 10, 18, 35)


def quick() -> dict[str, Any]:
    """What takes less than a minute."""
    bed, law, floor = Bed("ring"), correlated_law(), Bed("ring").floor()
    students = {method: remeasured(method, bed, _kept(f"ring_{method}")) for method in KEPT}
    scalars = lsd(law, Absorbing(law.shape[0]), seed=0, steps=150)  # half of what --full takes
    return {
        "students": "ring and Di4C: trained by --full with seed 0, and kept; others: small ones, trained on the spot",
        **{f"ring_floor_{name}": floor[name] for name in ("energy", "energy_biased")},
        **{f"ring_one_call_{name}": {method: found[name] for method, found in students.items()} for name in RING},
        "lsd_tv_ratio": scalars["lsd_tv_ratio"],
        "lsd_tv_ratio_without_exponents": scalars["lsd_plus_rates_only"] / scalars["euler"],
        "di4c_tv_ratio": di4c(law, seed=0, kept=_kept("di4c"), again=True)["di4c_tv_ratio"],
        "vdd_forward_kl": experts("unequal", seed=0, steps=1000)["forward_kl"],
    }


def _kept(name: str, seed: int = 0) -> Path | None:
    """Where the students of the first seed are kept."""
    return None if seed else FOLDER / f"{name}.safetensors"


def full(
    seeds: int, output: Path, mirror: Path | None, only: Sequence[str] = (), *, missing: bool = False
) -> dict[str, Any]:
    """Every bar, or the parts whose names begin with one of `only`, or that are `missing`; written anew after each."""
    beds = {name: Bed(name) for name in ("ring", "lattice", "image")}
    found: dict[str, Any] = json.loads(output.read_text()) if output.is_file() else {"runs": []}
    found |= {"steps": STEPS, "complete": False}
    if not only or "beds".startswith(tuple(only)):
        found["floors"] = {name: bed.floor() for name, bed in beds.items()}
        found["teacher"] = {name: {str(n): bed.solver(n) for n in CALLS} for name, bed in beds.items()}
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(seeds):
            run = next((run for run in found["runs"] if run["seed"] == seed), None)
            if run is None:
                found["runs"].append(run := {"seed": seed, "commits": {}})
            for name, part in parts(beds, seed, Path(folder), mirror).items():
                if (not only or name.startswith(tuple(only))) and not (missing and name in run):
                    run[name], run["commits"][name] = part(), git_commit()
                    _write(output, found)
    return found | {"complete": not only, "summary": summary(found["runs"], found.get("floors"))}


def parts(beds: dict[str, Bed], seed: int, folder: Path, mirror: Path | None) -> dict[str, Callable[[], Any]]:
    """What is measured with one seed; a third of the steps on the beds beside the ring, and on coarse grids."""

    def ring(method: str) -> Callable[[], Any]:
        kept = _kept(f"ring_{method}", seed) if method in KEPT else None
        return lambda: measured(method, beds["ring"], kept, steps=STEPS[method], seed=seed)

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
        **letters(seed, folder, mirror),
        "fields": lambda: fields(folder, seed),
        "graphs": lambda: graphs(folder, seed),
        **({"dna": lambda: dna(folder, mirror, seed)} if mirror else {}),
    }


def letters(seed: int, folder: Path, mirror: Path | None) -> dict[str, Callable[[], Any]]:
    """LSD and Di4C on a law drawn at random, and on those of GB1 at alpha 1/2 and of eight letters of peaks."""

    def measured_on(way: Callable[..., Any], name: str) -> dict[str, Any]:
        fitness, peaks, _ = tables(mirror, folder)
        return way(tilted(fitness, 0.5) if name == "GB1" else peaks)

    ways = {"lsd": lambda law: lsd(law, Absorbing(law.shape[0]), seed=seed), "di4c": lambda law: di4c(law, seed=seed)}
    return {
        "lsd": lambda: ways["lsd"](correlated_law()),
        "di4c": lambda: di4c(correlated_law(), seed=seed, kept=_kept("di4c", seed)),
        **{f"{way}, {name}": partial(measured_on, ways[way], name) for way in ways for name in ("GB1", "peaks") if mirror},
    }


def summary(runs: list[dict[str, Any]], floors: dict[str, Any] | None) -> dict[str, Any]:
    """Means over the seeds that have a part, in the words of the quick answer."""

    def over(part: str, value: Callable[[Any], float | None]) -> float | None:
        values = [found for run in runs if part in run and (found := value(run[part])) is not None]
        return mean(values) if values else None

    def ring(name: str) -> dict[str, float | None]:
        return {method: over(f"ring, {method}", lambda found: found.get(name)) for method in STEPS}

    return {
        **{f"ring_floor_{name}": floors and floors["ring"].get(name) for name in ("energy", "energy_biased")},
        **{f"ring_one_call_{name}": ring(name) for name in RING},
        "lsd_tv_ratio": over("lsd", lambda found: found["lsd_tv_ratio"]),
        "di4c_tv_ratio": {n: over("di4c", lambda found, n=n: found["di4c_tv_ratio"][n]) for n in ("1", "2", "4")},
        "vdd_forward_kl": over("vdd", lambda found: found["unequal"]["forward_kl"]),
        "seeds": {name: sum(name in run for run in runs) for run in runs for name in run["commits"]},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--quick", action="store_true", help="what takes less than a minute")
    which.add_argument("--full", action="store_true", help="every bar")
    parser.add_argument("--json", action="store_true", help="print one JSON object (always so)")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[], metavar="PART")
    parser.add_argument("--missing", action="store_true", help="leave what the file has")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("distillation.json"))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    found = quick() if asked.quick else full(asked.seeds, asked.output, public_files(), asked.only, missing=asked.missing)
    if asked.full:
        _write(asked.output, found)
    print(json.dumps(found, indent=1))


def _write(path: Path, found: dict[str, Any]) -> None:
    with atomic_file(path) as temporary:
        temporary.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
