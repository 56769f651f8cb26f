"""How many steps a budget of processor time buys, and in which precision: by timing a few on a copy of the model."""

import copy
import math
import time

import torch
from torch import Generator, nn

from sciml.config.models import TrainingConfig
from sciml.training.batches import Batches
from sciml.training.step import compute_loss, make_optimizer

TIMED_SHARE, TIMED_STEPS = 0.03, 40


def plan(objective: nn.Module, batches: Batches, settings: TrainingConfig) -> tuple[int, str]:
    """Steps and precision of a run.

    Timing works on a copy and leaves the global generator as it was, so that it leaves no trace in the run. On a GPU 'auto'
    is bf16, and the seconds are those of the processor that drives it.

    Returns:
        (steps, '32' or 'bf16').
    """
    device = next(objective.parameters()).device
    candidates = [settings.precision]
    if settings.precision == "auto":
        candidates = ["bf16", "32"] if device.type == "cpu" else ["bf16"]
    if settings.steps is not None and len(candidates) == 1:
        return settings.steps, candidates[0]
    limit = TIMED_SHARE * (settings.cpu_seconds or 0.0) / len(candidates)
    seconds = {precision: _seconds_per_step(objective, batches, settings, precision, limit) for precision in candidates}
    precision = min(seconds, key=seconds.__getitem__)
    steps = settings.steps or max(1, math.floor((settings.cpu_seconds or 0.0) / seconds[precision]))
    return steps, precision


def _seconds_per_step(
    objective: nn.Module, batches: Batches, settings: TrainingConfig, precision: str, limit: float
) -> float:
    """Processor seconds of one step: one warm, then at least three timed, more until `limit` seconds are spent."""
    trial = copy.deepcopy(objective)
    optimizer = make_optimizer(trial, settings)
    with torch.random.fork_rng():
        noise = Generator(next(trial.parameters()).device).manual_seed(0)
        _step(trial, optimizer, batches, 0, noise, precision)
        began, done = time.process_time(), 0
        while done < 3 or (done < TIMED_STEPS and time.process_time() - began < limit):
            done += 1
            _step(trial, optimizer, batches, done, noise, precision)
        return (time.process_time() - began) / done


def _step(
    trial: nn.Module, optimizer: torch.optim.Optimizer, batches: Batches, index: int, noise: Generator, precision: str
) -> None:
    optimizer.zero_grad(set_to_none=True)
    compute_loss(trial, batches[index], noise, precision).backward()
    optimizer.step()
