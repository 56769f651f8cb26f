"""Trainings killed at random moments: each must go on, leave nothing torn, and end with the bytes of one left alone."""

import random
import time
from dataclasses import dataclass, field
from pathlib import Path

from fault_jobs import TRAINING, copied, torn, train, undisturbed, wait_for_checkpoint

from sciml.io.content import content_digest

IN_TRAINING = 0.7  # of all kills: by the clock most would come while it loads


@dataclass
class Kills:
    """What came of killing.

    Args:
        kills: processes that were killed while they ran.
        runs: trainings that were carried to their end in spite of it.
        unequal: those of them whose model differs from the undisturbed one.
        torn: files found torn after a kill.
        failed: trainings that did not go on, with what they said.
        steps: at which the last checkpoint stood after each kill; -1 before the first.
    """

    kills: int = 0
    runs: int = 0
    unequal: int = 0
    torn: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)


def kill_trainings(prepared: Path, kills: int, dice: random.Random) -> Kills:
    """Kill -9 trainers of one domain, so many times in all; each training is killed about three times, then left to end.

    Args:
        prepared: folder with settings and data.
        kills: wanted; a training that ends before its moment comes is not counted and another is begun.
    """
    found = Kills()
    expected, seconds = undisturbed(copied(prepared, f"{prepared.name}-undisturbed"))
    while found.kills < kills and len(found.failed) < 3:
        folder = copied(prepared, f"{prepared.name}-killed-{found.runs}")
        _carry_to_its_end(folder, min(3, kills - found.kills), seconds, dice, found)
        found.runs += 1
        model = folder / "model.safetensors"
        found.unequal += not model.is_file() or content_digest(model) != expected
    return found


def _carry_to_its_end(folder: Path, kills: int, seconds: float, dice: random.Random, found: Kills) -> None:
    left = kills
    while left:
        child = train(folder)
        if dice.random() < IN_TRAINING:
            wait_for_checkpoint(folder, child, _step(folder) + 1 + dice.randrange(TRAINING["steps"] // kills))
            time.sleep(dice.uniform(0, 0.02))
        else:
            deadline = time.monotonic() + dice.uniform(0, seconds / kills * 1.5)
            while time.monotonic() < deadline and child.poll() is None:
                time.sleep(0.002)
        child.kill()
        if child.wait() != -9:
            break
        left -= 1
        found.kills += 1
        found.torn += torn(folder)
        found.steps.append(_step(folder))
    last = train(folder)
    if last.wait():
        found.failed.append(last.said)


def _step(folder: Path) -> int:
    """Of the checkpoint that a kill left."""
    import torch

    paths = list(folder.glob("run/*/checkpoint.pt"))
    return int(torch.load(paths[0], weights_only=True)["step"]) if paths else -1
