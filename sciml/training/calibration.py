"""How many steps a budget of processor time buys, and in which precision: by timing a few on a copy of the model."""

import copy
import math
import time

import torch
from torch import Generator, nn

from sciml.config.models import TrainingConfig
from sciml.training.batches import Batches
from sciml.training.ema import ExponentialMovingAverage
from sciml.training.step import make_optimizer, train_step

TIMED_SHARE, TIMED_STEPS = 0.03, 40
MARGIN = 0.97  # of the budget is planned for, since later steps may be slower than the timed ones


def plan(objective: nn.Module, batches: Batches, settings: TrainingConfig, processes: int = 1) -> tuple[int, str]:
    """Steps and precision of a run.

    With `steps` nothing is timed, so that the run repeats bit for bit: precision 'auto' is float32 on the processor and bf16
    on a GPU. With `cpu_seconds` a few steps are timed on a copy, in either precision where it is 'auto'; the timing counts
    towards the budget and leaves no other trace in the run.

    Args:
        batches: what one process is given of each.
        processes: that share the budget.

    Returns:
        (steps, '32' or 'bf16').
    """
    on_gpu = next(objective.parameters()).device.type != "cpu"
    candidates = [settings.precision]
    if settings.precision == "auto":
        candidates = ["bf16"] if on_gpu else ["32"] if settings.steps else ["bf16", "32"]
    if settings.steps:
        return settings.steps, candidates[0]
    budget = (settings.cpu_seconds or 0.0) / processes
    began = time.process_time()
    limit = TIMED_SHARE * budget / len(candidates)
    seconds = {precision: _seconds_per_step(objective, batches, settings, precision, limit) for precision in candidates}
    precision = min(seconds, key=seconds.__getitem__)
    left = MARGIN * budget - (time.process_time() - began)
    return max(1, math.floor(left / seconds[precision])), precision


def _seconds_per_step(
    objective: nn.Module, batches: Batches, settings: TrainingConfig, precision: str, limit: float
) -> float:
    """Processor seconds of one step: one warm, then at least three timed, more until `limit` seconds are spent."""
    trial = copy.deepcopy(objective)
    optimizer, ema = make_optimizer(trial, settings), ExponentialMovingAverage(trial.parameters(), 10.0)

    def step(k: int) -> None:
        options = {"step": k, "rate": settings.rate, "clip": settings.clip, "precision": precision}
        train_step(trial, optimizer, ema, batches[k], noise, **options)  # type: ignore[arg-type]

    with torch.random.fork_rng():
        noise = Generator(next(trial.parameters()).device).manual_seed(0)
        step(0)
        began, done = time.process_time(), 0
        while done < 3 or (done < TIMED_STEPS and time.process_time() - began < limit):
            done += 1
            step(done)
        return (time.process_time() - began) / done
