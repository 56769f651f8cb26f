"""The only training loop.

Built on Lightning Fabric: it places modules on devices, wraps them for several processes and finds the ranks that Slurm or
torchrun hand out, yet leaves the loop to us; accelerate does the same but keeps optimiser and generators behind wrappers
that a bit-exact resume would have to see through.
"""

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Generator, Tensor, nn

from sciml.config.models import TrainingConfig
from sciml.io.events import EventLog
from sciml.io.lock import exclusive
from sciml.training.batches import Batches, hash_seed
from sciml.training.calibration import plan
from sciml.training.checkpoint import TrainingState, read_checkpoint, restore, save_checkpoint
from sciml.training.ema import ExponentialMovingAverage
from sciml.training.progress import Progress
from sciml.training.rates import warmup_cosine
from sciml.training.signals import Stopped, StopRequest, listen_for_stop
from sciml.training.step import compute_loss, make_optimizer, set_rate

log = logging.getLogger(__name__)
LOG_EVERY = 10  # steps between looks at the loss: on a GPU each look waits for the device


class NonFiniteLoss(FloatingPointError):
    """The loss became infinite or not a number."""


@dataclass(frozen=True)
class FitReport:
    """What a training took: steps done, processor and wall seconds, precision, the last loss."""

    steps: int
    cpu_seconds: float
    wall_seconds: float
    precision: str
    loss: float


def fit(
    objective: nn.Module,
    examples: Sequence[Tensor],
    settings: TrainingConfig,
    *,
    seed: int,
    directory: Path,
    fingerprint: str,
    time_limit: float | None = None,
    fabric: Fabric | None = None,
) -> FitReport:
    """Train a module in place; it ends with the averaged weights. Goes on from the directory's checkpoint if there is one.

    Args:
        objective: called as objective(generator, *batch), returns the scalar loss.
        examples: tensors of equal length; batch k is a tuple of their rows.
        settings: how to train.
        seed: of shuffles, noise and dropout.
        directory: of checkpoint, event log and lock.
        fingerprint: of configuration and data; a checkpoint with another one is refused.
        time_limit: wall seconds after which to save and raise `Stopped`.
        fabric: devices and processes; one CPU process, or one GPU if there is one, by default.

    Raises:
        Stopped: on SIGTERM, SIGINT, SIGUSR1 or at the time limit, after saving.
        NonFiniteLoss: with the step; the checkpoint stays the last good one.
        InputError: the checkpoint is unreadable or of another run.
    """
    fabric = fabric or Fabric(accelerator="auto", devices=1)
    fabric.launch()
    with exclusive(directory), listen_for_stop() as request, EventLog(directory / "events.jsonl") as events:
        return _Run(fabric, objective, examples, settings, seed, directory, fingerprint, events).train(request, time_limit)


class _Run:
    """One training while it lasts."""

    def __init__(
        self,
        fabric: Fabric,
        objective: nn.Module,
        examples: Sequence[Tensor],
        settings: TrainingConfig,
        seed: int,
        directory: Path,
        fingerprint: str,
        events: EventLog,
    ) -> None:
        self.fabric, self.settings, self.fingerprint = fabric, settings, fingerprint
        self.path, self.events = directory / "checkpoint.pt", events
        examples = [tensor.to(fabric.device) for tensor in examples]
        self.batches = Batches(examples, settings.batch, seed, fabric.global_rank, fabric.world_size)
        torch.manual_seed(hash_seed(seed, 1, fabric.global_rank))  # dropout draws from the global generator only
        objective.to(fabric.device).train()
        found = read_checkpoint(self.path, fingerprint) if self.path.exists() else None
        steps, precision = (
            (found["steps"], found["precision"]) if found else fabric.broadcast(plan(objective, self.batches, settings))
        )
        optimizer = make_optimizer(objective, settings)
        self.state = TrainingState(
            module=objective,
            optimizer=optimizer,
            ema=ExponentialMovingAverage(objective.parameters(), settings.ema * steps),
            noise=Generator(fabric.device).manual_seed(hash_seed(seed, 2, fabric.global_rank)),
            steps=steps,
            precision=precision,
        )
        if found:
            restore(found, self.state)
        self.module, self.optimizer = fabric.setup(objective, optimizer)
        self.losses: list[Tensor] = []
        self.last_loss = math.nan
        self.spent_before, self.cpu_began, self.wall_began = (
            self.state.cpu_seconds,
            time.process_time(),
            time.monotonic(),
        )

    def train(self, request: StopRequest, time_limit: float | None) -> FitReport:
        state = self.state
        self.events.write("resume" if state.step else "start", step=state.step, steps=state.steps, precision=state.precision)
        progress, saved = Progress("training", state.steps, state.step), time.monotonic()
        while state.step < state.steps:
            rate = self.settings.rate * warmup_cosine(state.step, state.steps, self.settings.warmup)
            self.losses.append(self._step(rate))
            if state.step % self._log_every() == 0 or state.step == state.steps:
                self._look(rate)
                progress.show(state.step, self.last_loss, rate)
            due = time.monotonic() - saved >= self.settings.checkpoint_seconds
            over = time_limit is not None and time.monotonic() - self.wall_began >= time_limit
            if due or over or request.name or state.step == state.steps:
                self._look(rate)
                self._save()
                saved = time.monotonic()
            if (over or request.name) and state.step < state.steps:
                progress.close()
                self.events.write("stop", step=state.step, reason=request.name or "time limit")
                raise Stopped(
                    f"{request.name or 'time limit'} at step {state.step} of {state.steps}: saved, run again to go on"
                )
        progress.close()
        state.ema.copy_to_parameters()
        report = FitReport(
            state.steps, state.cpu_seconds, time.monotonic() - self.wall_began, state.precision, self.last_loss
        )
        self.events.write("end", step=state.step, cpu_seconds=round(state.cpu_seconds, 2))
        return report

    def _step(self, rate: float) -> Tensor:
        set_rate(self.optimizer, rate)
        batch = self.batches[self.state.step]
        loss = compute_loss(self.module, batch, self.state.noise, self.state.precision)
        self.fabric.backward(loss)
        self.fabric.clip_gradients(self.module, self.optimizer, max_norm=self.settings.clip, error_if_nonfinite=False)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.state.ema.update(self.state.step)
        self.state.step += 1
        return loss.detach()

    def _log_every(self) -> int:
        return 1 if self.fabric.device.type == "cpu" else LOG_EVERY

    def _look(self, rate: float) -> None:
        """Check and log the losses since the last look."""
        if not self.losses:
            return
        values = torch.stack(self.losses).tolist()
        first = self.state.step - len(values)
        self.losses.clear()
        for offset, value in enumerate(values, start=1):
            if not math.isfinite(value):
                self.events.write("non_finite", step=first + offset, loss=str(value))
                kept = f"the last good checkpoint is {self.path}" if self.path.exists() else "no checkpoint was written yet"
                raise NonFiniteLoss(f"the loss is {value} at step {first + offset}; {kept}")
        self.last_loss = values[-1]
        self.state.cpu_seconds = self.spent_before + time.process_time() - self.cpu_began
        if self.state.step % LOG_EVERY == 0 or self.state.step == self.state.steps:
            self.events.write(
                "step",
                step=self.state.step,
                loss=round(sum(values) / len(values), 6),
                rate=rate,
                cpu_seconds=round(self.state.cpu_seconds, 2),
            )

    def _save(self) -> None:
        if self.fabric.is_global_zero:
            save_checkpoint(self.path, self.state, self.fingerprint)
        self.events.write("checkpoint", step=self.state.step)
