"""What a fine-tuning step costs: peak memory with and without checkpointing, each in a fresh process, and processor time."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from sciml.denoisers.letters import LetterDenoiser
from sciml.finetuning.drakes import DrakesObjective, Steering
from sciml.nets.dilated_cnn import DilatedCNN
from sciml.processes.absorbing import Absorbing

STEPS, BATCH, LENGTH = 32, 32, 100
COST = """
import sys; sys.path.insert(0, {folder!r})
from sequence_memory import step_cost
print(step_cost({checkpointing}))
"""


def memory_ratio() -> dict[str, float]:
    """Peak memory above that before it of a step through all 32 states, with and without checkpointing."""
    found = {}
    for checkpointing in (True, False):
        code = COST.format(folder=str(Path(__file__).parent), checkpointing=checkpointing)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        found[checkpointing] = float(done.stdout)
    return {"ratio": found[True] / found[False], "mb_with": found[True], "mb_without": found[False]}


def step_cost(checkpointing: bool) -> float:
    """Megabytes at the peak of the first step above those before it."""
    step = tuning(Steering(0.1, steps=STEPS, truncation=STEPS, checkpointing=checkpointing))
    before = _resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # starts the peak anew
    step()
    return _resident("VmHWM") - before


def iteration_seconds(iterations: int = 5) -> dict[str, float]:
    """Processor seconds of an iteration, optimiser and all, passing the last 16 of 32 states, the first being left out."""
    step = tuning(Steering(0.3, steps=STEPS, truncation=16, measured=8, checkpointing=False))
    step()
    began = time.process_time()
    for _ in range(iterations):
        step()
    return {"cpu_s": (time.process_time() - began) / iterations, "iterations": iterations}


def tuning(steering: Steering) -> Callable[[], None]:
    """One step of the optimiser: 32 sequences of 100 letters, 193 k parameters."""
    torch.manual_seed(0)
    process = Absorbing(4)
    denoiser, reference = (LetterDenoiser(DilatedCNN(5, 4, 64, 9, (1, 4, 1, 4, 1), timed=False), process) for _ in range(2))
    objective = DrakesObjective(denoiser, reference, lambda x: x[..., 0].sum(1), steering)
    optimizer = torch.optim.AdamW(denoiser.parameters(), 1e-3)
    generator, prompts = torch.Generator().manual_seed(0), torch.full((BATCH, LENGTH), process.mask)

    def step() -> None:
        objective(generator, prompts).backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def _resident(name: str) -> float:
    """Megabytes of this process, now or at the peak, as Linux counts them."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024
