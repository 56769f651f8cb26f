"""DRAKES measured: exact laws of samplers, exact divergences, fine-tuning with known optimum, memory, and real peaks.

    python benchmarks/sequences.py --quick --json
    python benchmarks/sequences.py --full [--seeds N] [--output FILE]

GB1 and the peaks are read from the folder that the environment variable SCIML_MIRROR names, or ../shared/data beside the
checkout; without either a landscape and a chain drawn from a seed stand in, and `landscape` and `skipped` say so: then no
table of errors is compared with.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from public_files import public_files
from sequence_bars import (
    DNA_TV,
    GB1_TV,
    against_table,
    divergence_error,
    exact_errors,
    fitness_table,
    peaks_law,
    second_order,
    simulated_landscape,
    slope,
    tilted,
    tuned_on_landscape,
)
from sequence_dna import dna
from sequence_memory import iteration_seconds, memory_ratio
from torch import Tensor

from sciml.config.sequences import GB1Config, PeaksConfig
from sciml.io.atomic import atomic_file
from sciml.io.provenance import git_commit
from sciml.sequences.data.catalog import prepare_sequences
from sciml.sequences.data.store import load_sequences

CHAIN_OF = 20_000  # peaks of PU.1, the first of their file


def quick(mirror: Path | None, folder: Path) -> dict[str, Any]:
    """What takes less than a minute."""
    fitness, chain, skipped = tables(mirror, folder)
    law = tilted(fitness, 0.5)
    errors = {"gb1": exact_errors(law, (1, 2, 4, 8)), "dna": exact_errors(chain, (1, 2))}
    compared = {"gb1": GB1_TV, "dna": DNA_TV}
    tuned = tuned_on_landscape(fitness, seed=0)
    memory = memory_ratio()
    return {
        "dp_tv": errors,
        "dp_tv_max_error": None if skipped else max(against_table(errors[name], compared[name]) for name in errors),
        "tv_slope": slope(errors["gb1"]),
        "kl_max_error": divergence_error(),
        "gb1_reward": tuned["reward"],
        "gb1_tv": tuned["tv"],
        "gb1": tuned | {"net": "a perceptron of all letters at once, by the reward's exact multilinear slope"},
        "memory_ratio": memory["ratio"],
        "memory": memory,
        "landscape": "simulated" if skipped else "GB1",
        "skipped": skipped,
    }


def full(mirror: Path | None, folder: Path, seeds: int, output: Path) -> dict[str, Any]:
    """Every bar; the file is written anew after each seed of the peaks."""
    fitness, chain, skipped = tables(mirror, folder)
    law = tilted(fitness, 0.5)
    found: dict[str, Any] = {
        "git_commit": git_commit(),
        "quick": quick(mirror, folder),
        "dp_tv": {"gb1": exact_errors(law, tuple(GB1_TV)), "dna": exact_errors(chain, (1, 2, 4, 8, 16))},
        "second_order": {"gb1": second_order(law)},
        "iteration": iteration_seconds(),
        "gb1_tuned": [tuned_on_landscape(fitness, seed=seed) for seed in range(seeds)],
    }
    if not skipped and mirror is not None:
        found["peaks"] = []
        for seed in range(seeds):
            found["peaks"].append(dna(folder / "peaks.zarr", folder / "dna", seed))
            _write(output, found | {"complete": seed + 1 == seeds})
    return found


def tables(mirror: Path | None, folder: Path) -> tuple[Tensor, Tensor, list[str]]:
    """Fitness of four sites, and the law of eight letters of DNA."""
    if mirror is None:
        generator = torch.Generator().manual_seed(0)
        letters = torch.randint(4, (2000, 100), generator=generator)
        return simulated_landscape(generator), peaks_law(letters), ["no folder of public files: set SCIML_MIRROR"]
    prepare_sequences(GB1Config(split=(1.0, 0.0, 0.0)), folder / "gb1.zarr", mirror)
    prepare_sequences(PeaksConfig(), folder / "peaks.zarr", mirror)
    peaks = load_sequences(folder / "peaks.zarr", None)
    bound = peaks.tokens[torch.from_numpy(peaks.labels["pu1"] == 1)][:CHAIN_OF]
    return fitness_table(load_sequences(folder / "gb1.zarr", "train")), peaks_law(bound), []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--quick", action="store_true", help="what takes less than a minute")
    which.add_argument("--full", action="store_true", help="every bar")
    parser.add_argument("--json", action="store_true", help="print one JSON object (always so)")
    parser.add_argument("--seeds", type=int, default=3, help="of what is random")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("sequences.json"))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    source = public_files()
    with tempfile.TemporaryDirectory() as folder:
        if asked.quick:
            print(json.dumps(quick(source, Path(folder)), indent=1))
            return
        found = full(source, Path(folder), asked.seeds, asked.output) | {"complete": True}
        _write(asked.output, found)
        print(json.dumps(found, indent=1))


def _write(path: Path, found: dict[str, Any]) -> None:
    with atomic_file(path) as temporary:
        temporary.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
