"""The whole table of faults."""

import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fault_files import damaged_inputs, damaged_trainings
from fault_jobs import DATA, prepared
from fault_kills import kill_trainings
from fault_system import scenarios
from fault_workflow import kill_workflows, two_drivers

Row = tuple[str, str, bool | None]
NAMES = ("kills", "unequal", "torn", "failed", "refused_corrupt", "accepted_corrupt")
TRAINER_KILLS, ROUNDS = 20, 3  # of each domain


def table(folder: Path, seed: int) -> Iterator[dict[str, Any]]:
    """Every scenario, with what came of it and how long it took: the table so far, after each."""
    dice, total = random.Random(seed), Counter[str]()
    rows: list[dict[str, Any]] = []
    began = time.monotonic()
    for domain, (scenario, outcome, good) in _all(folder, dice, total):
        row = {"domain": domain, "scenario": scenario, "outcome": outcome, "good": good}
        rows.append(row | {"seconds": round(time.monotonic() - began, 1)})
        print(*rows[-1].values(), sep=" | ", file=sys.stderr, flush=True)
        began = time.monotonic()
        yield {name: total[name] for name in NAMES} | {"seed": seed, "rows": rows}


def _all(folder: Path, dice: random.Random, total: Counter[str]) -> Iterator[tuple[str, Row]]:
    for domain in DATA:
        ready = prepared(folder / domain, domain)
        yield domain, _trainer(ready, dice, total)
        for row in _damaged(damaged_trainings(ready, dice), total):
            yield domain, row
        for seen in scenarios(ready):
            yield domain, (seen.scenario, seen.outcome, seen.good)
    for row in _damaged(damaged_inputs(folder / "inputs", dice), total):
        yield "inputs", row
    for domain in DATA:
        yield domain, _workflow(folder / "workflow", domain, dice, total)
        yield domain, ("two drivers at once", *two_drivers(folder / "workflow", domain))


def _trainer(ready: Path, dice: random.Random, total: Counter[str]) -> Row:
    found = kill_trainings(ready, TRAINER_KILLS, dice)
    total["kills"] += found.kills
    total["unequal"] += found.unequal
    total["torn"] += len(found.torn)
    total["failed"] += len(found.failed)
    trained = sum(step > 0 for step in found.steps)
    at = f"{trained} after steps of training, checkpoints at {sorted(found.steps)}"
    outcome = f"{found.kills} kills in {found.runs} runs: {found.unequal} unequal, {len(found.torn)} torn; {at}"
    return "kill -9 of the trainer", outcome, not (found.unequal or found.torn or found.failed)


def _workflow(folder: Path, domain: str, dice: random.Random, total: Counter[str]) -> Row:
    found = kill_workflows(folder, domain, ROUNDS, dice)
    total["kills"] += found.kills
    total["unequal"] += len(found.unequal)
    total["failed"] += len(found.failed)
    outcome = f"{found.kills} kills in {found.runs} runs: {len(found.unequal)} files unequal, verified: {found.verified}"
    said = "; ".join(found.unequal + found.failed)
    return (
        "kill -9 of the driver alone, then of driver and jobs together",
        outcome + (f"; {said}" if said else ""),
        not said and found.verified,
    )


def _damaged(all_found: Iterable[Any], total: Counter[str]) -> Iterator[Row]:
    """One row for each kind of file and damage."""
    kinds: dict[str, Counter[str]] = {}
    bad: dict[str, str] = {}
    for found in all_found:
        kinds.setdefault(found.what, Counter())[found.outcome] += 1
        total["refused_corrupt"] += found.outcome == "refused"
        if found.outcome in ("accepted", "crashed"):
            total["accepted_corrupt"] += 1
            bad[found.what] = str(asdict(found))
    for what, counts in kinds.items():
        outcome = ", ".join(f"{number} {kind}" for kind, number in counts.items())
        yield f"damaged: {what}", outcome + (f": {bad[what]}" if what in bad else ""), what not in bad
