"""Faults: kills, damaged files, full disks, clocks, two at once; what came of each, and how long it took.

python benchmarks/faults.py --quick --json      random kills and damaged files, in under a minute
python benchmarks/faults.py --full              all scenarios, into benchmarks/faults.json
"""

import argparse
import json
import multiprocessing
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

os.environ.update(OMP_NUM_THREADS="1")

from fault_files import Damaged, damaged_inputs, damaged_trainings, flip, truncate
from fault_jobs import DATA, prepared, warm
from fault_kills import kill_trainings

DOMAINS = tuple(DATA)
QUICK_KILLS = 3  # of each domain


def quick(folder: Path, seed: int) -> dict[str, Any]:
    """Random kills of each domain, and some damaged files; two domains at once."""
    began = time.monotonic()
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:
        parts = [pool.submit(quick_part, folder, part, seed) for part in (*DOMAINS, "inputs")]
        total = sum((Counter(part.result()) for part in parts), Counter())
    names = ("kills", "unequal", "torn", "failed", "refused_corrupt", "accepted_corrupt")
    return {name: total[name] for name in names} | {"seed": seed, "seconds": round(time.monotonic() - began, 1)}


def quick_part(folder: Path, part: str, seed: int) -> dict[str, int]:
    """One domain, or the input files."""
    dice = random.Random(f"{seed} {part}")
    if part == "inputs":
        return judged(damaged_inputs(folder / part, dice))
    ready = prepared(folder / part, part)
    killed = kill_trainings(ready, QUICK_KILLS, dice)
    counts = {"kills": killed.kills, "unequal": killed.unequal, "torn": len(killed.torn), "failed": len(killed.failed)}
    return counts | judged(damaged_trainings(ready, dice, (flip, truncate)))


def judged(found: Iterable[Damaged]) -> dict[str, int]:
    """How many were refused, and how many were not and did harm."""
    outcomes = Counter(each.outcome for each in found)
    return {"refused_corrupt": outcomes["refused"], "accepted_corrupt": outcomes["accepted"] + outcomes["crashed"]}


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--quick", action="store_true", help="a few kills of each domain, and damaged files")
    kind.add_argument("--full", action="store_true", help="everything")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seed", type=int, default=None, help="of the moments; by default another each time")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("faults.json"))
    arguments = parser.parse_args()
    seed = random.SystemRandom().randrange(2**31) if arguments.seed is None else arguments.seed
    warm()
    with tempfile.TemporaryDirectory(prefix="faults-") as place:
        if arguments.quick:
            found = quick(Path(place), seed)
            print(json.dumps(found) if arguments.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
            return
        from fault_table import table

        for found in table(Path(place), seed):  # what was seen is kept, however this ends
            arguments.output.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
