"""The only training loop.

Built on Lightning Fabric: it places modules on devices, yet leaves the loop to us; accelerate does the same but keeps
optimiser and generators behind wrappers that a bit-exact resume would have to see through.

Several processes that torchrun started train one model together, see `sciml.training.shares`: all hold the whole batch,
share the work of the networks and take the mean of their gradients. So the loss is that of one process, and so is the
checkpoint, which any number of processes can go on from. One of them holds the lock, writes and speaks.
"""

import math
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Generator, Tensor, nn

from sciml.config.models import TrainingConfig
from sciml.io.atomic import remove_leftovers
from sciml.io.events import EventLog
from sciml.io.lock import Held
from sciml.training.batches import Batches, hash_seed
from sciml.training.calibration import plan
from sciml.training.checkpoint import TrainingState, read_checkpoint, restore, save_checkpoint
from sciml.training.ema import ExponentialMovingAverage
from sciml.training.processes import Processes, current
from sciml.training.progress import Progress
from sciml.training.rates import warmup_cosine
from sciml.training.retention import forget_oldest
from sciml.training.run_lock import hold
from sciml.training.shares import shared_calls
from sciml.training.signals import Stopped, StopRequest, listen_for_stop
from sciml.training.step import make_optimizer, train_step

Watch = Callable[[int], str | None]
CHECKPOINT = "checkpoint.pt"
LOOK_EVERY = 10  # steps between looks at the loss: on a GPU each look waits for the device


class NonFiniteLoss(FloatingPointError):
    """The loss, or the norm of its gradient, became infinite or not a number."""


@dataclass(frozen=True)
class FitReport:
    """What a training took, over all processes that worked on it: steps, seconds, precision, the last loss.

    Args:
        halted: why what watched it ended it early; empty if nothing did.
        processes: that shared the last part of it.
    """

    steps: int
    cpu_seconds: float
    wall_seconds: float
    precision: str
    loss: float
    halted: str = ""
    processes: int = 1


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
    watch: Watch | None = None,
) -> FitReport:
    """Train a module in place; it ends with the averaged weights. Goes on from the directory's checkpoint if there is one.

    Args:
        objective: called as objective(generator, *batch), returns the scalar loss; the numbers by name that its method
            `observed` returns, if it has one, are logged beside the loss; its method `advance`, if it has one, is told the
            share of the training that is done before each step.
        examples: tensors of equal length; batch k is a tuple of their rows.
        settings: how to train.
        seed: of shuffles, noise and dropout.
        directory: of checkpoint, event log and lock.
        fingerprint: of configuration and data; a checkpoint with another one is refused.
        time_limit: wall seconds after which to save and raise `Stopped`; waiting for another process counts.
        fabric: device of this process; the GPU if there is one, else the CPU, by default.
        watch: called with the number of steps done after each; what it returns, if anything, is why to end here. The weights
            are then left as they are instead of averaged.

    Raises:
        Stopped: on SIGTERM, SIGINT, SIGUSR1 or at the time limit, after saving.
        NonFiniteLoss: with the step; the checkpoint stays the last good one.
        InputError: the checkpoint is unreadable or of another run, or `batch` is no multiple of the number of processes.
        ValueError: `fabric` starts processes of its own, or there is a `watch` and several processes.
    """
    processes = current()
    if watch is not None and processes.count > 1:
        raise ValueError(f"`watch` looks at a training of one process, got {processes.count}")
    fabric = fabric or _fabric()
    if fabric.world_size != 1:
        raise ValueError(f"`fabric` must have one process, got {fabric.world_size}")
    fabric.launch()
    deadline = None if time_limit is None else time.monotonic() + time_limit
    with ExitStack() as stack:
        try:
            hold(stack, directory, time_limit, processes)
        except Held as error:
            raise Stopped(f"time limit: {error}, run again when it has ended") from error
        if processes.leads:
            remove_leftovers(directory / CHECKPOINT)
        if processes.leads and directory.name == fingerprint:  # one of the runs of a folder
            forget_oldest(directory / CHECKPOINT)
        request = stack.enter_context(listen_for_stop())
        events = stack.enter_context(EventLog(directory / "events.jsonl" if processes.leads else Path(os.devnull)))
        run = _Run(fabric, objective, examples, settings, seed, directory, fingerprint, events, processes)
        with shared_calls(objective):
            return run.train(request, deadline, watch)


def _fabric() -> Fabric:
    """On the GPU of this process, where there is one. Of other processes it is told nothing: none of Slurm's are sought."""
    from lightning_fabric.plugins.environments import LightningEnvironment

    device = [torch.cuda.current_device()] if torch.cuda.is_available() else 1
    return Fabric(accelerator="auto", devices=device, plugins=LightningEnvironment())


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
        processes: Processes,
    ) -> None:
        self.fabric, self.settings, self.fingerprint, self.processes = fabric, settings, fingerprint, processes
        self.path, self.events = directory / CHECKPOINT, events
        self.cpu_began, self.wall_began = time.process_time(), time.monotonic()
        rows = [tensor.to(fabric.device) for tensor in examples]
        share = Batches(rows, settings.batch, seed, processes.rank, processes.count)
        self.batches = Batches(rows, settings.batch, seed)
        torch.manual_seed(hash_seed(seed, 1))  # dropout draws from the global generator only
        objective.to(fabric.device).train()
        found = processes.from_leader(lambda: read_checkpoint(self.path, fingerprint) if self.path.exists() else None)
        steps, precision = (
            (found["steps"], found["precision"])
            if found
            else processes.from_leader(lambda: plan(objective, share, settings, processes.count))
        )
        self.state = TrainingState(
            module=objective,
            optimizer=make_optimizer(objective, settings),
            ema=ExponentialMovingAverage(objective.parameters(), settings.ema * steps),
            noise=Generator(fabric.device).manual_seed(hash_seed(seed, 2)),
            steps=steps,
            precision=precision,
        )
        if found:
            restore(found, self.state)
        self.spent_before = self.state.cpu_seconds, self.state.wall_seconds
        self.module, self.optimizer = fabric.setup(objective, self.state.optimizer)
        self.unseen: list[Tensor] = []  # (loss, norm of the gradient) of the steps since the last look

    def train(self, request: StopRequest, deadline: float | None, watch: Watch | None = None) -> FitReport:
        """Steps until the end, a request to stop or, on the clock of `time.monotonic`, the deadline."""
        state = self.state
        self.events.write("resume" if state.step else "start", step=state.step, steps=state.steps, precision=state.precision)
        if not state.step:
            self._save()  # fixes what was planned: a run killed before its next checkpoint keeps steps and precision
        progress, saved = Progress("training", state.steps, state.step, self.processes.leads), time.monotonic()
        while state.step < state.steps:
            rate = self._step()
            halted = watch(state.step) if watch is not None else None
            if halted:
                return self._halt(rate, halted, progress)
            last = state.step == state.steps
            over = deadline is not None and time.monotonic() >= deadline
            due = time.monotonic() - saved >= self.settings.checkpoint_seconds
            over, due = self._agreed(request, over, due)
            stop = not last and (over or request.name is not None)
            if last or stop or due or state.step % LOOK_EVERY == 0:
                self._look(rate)
                progress.show(state.step, state.loss, rate)
            if last or stop or due:
                self._save()
                saved = time.monotonic()
            if stop:
                progress.close()
                reason = request.name or "time limit"
                self.events.write("stop", step=state.step, reason=reason)
                raise Stopped(f"{reason} at step {state.step} of {state.steps}: saved, run again to go on")
        progress.close()
        state.ema.copy_to_parameters()
        self.events.write("end", step=state.step, cpu_seconds=round(state.cpu_seconds, 2))
        return FitReport(
            state.steps,
            state.cpu_seconds,
            state.wall_seconds,
            state.precision,
            state.loss,
            processes=self.processes.count,
        )

    def _agreed(self, request: StopRequest, over: bool, due: bool) -> tuple[bool, bool]:
        """Whether for any process time is over, or a checkpoint due; a request to stop that one got is one to all."""
        if self.processes.count == 1:
            return over, due
        number = signal.Signals[request.name].value if request.name else 0
        number, over_of_any, due_of_any = map(int, self.processes.largest(number, over, due))
        if number:
            request.name = signal.Signals(number).name
        return bool(over_of_any), bool(due_of_any)

    def _halt(self, rate: float, reason: str, progress: Progress) -> FitReport:
        """End early. The checkpoint stays that of some step before: a run that is repeated goes on there and ends here."""
        state = self.state
        self._look(rate)
        progress.close()
        self.events.write("halt", step=state.step, reason=reason)
        return FitReport(state.step, state.cpu_seconds, state.wall_seconds, state.precision, state.loss, reason)

    def _step(self) -> float:
        """One step; returns its learning rate."""
        state, settings = self.state, self.settings
        rate = settings.rate * warmup_cosine(state.step, state.steps, settings.warmup)
        if advance := getattr(state.module, "advance", None):
            advance(state.step / state.steps)
        seen = train_step(
            self.module,
            self.optimizer,
            state.ema,
            self.batches[state.step],
            state.noise,
            step=state.step,
            rate=rate,
            clip=settings.clip,
            precision=state.precision,
            backward=self._backward,
        )
        self.unseen.append(seen)
        state.step += 1
        return rate

    def _backward(self, loss: Tensor) -> None:
        self.fabric.backward(loss)
        self.processes.average_gradients(self.state.module.parameters())

    def _look(self, rate: float) -> None:
        """Check and log what happened since the last look."""
        values, first = torch.stack(self.unseen).tolist(), self.state.step - len(self.unseen)
        self.unseen.clear()
        for step, (loss, norm) in enumerate(values, start=first + 1):
            if not (math.isfinite(loss) and math.isfinite(norm)):
                what = f"the loss is {loss}" if not math.isfinite(loss) else f"the norm of the gradient is {norm}"
                self.events.write("non_finite", step=step, loss=str(loss), gradient_norm=str(norm))
                raise NonFiniteLoss(f"{what} at step {step}; the last good checkpoint is {self.path}")
        state = self.state
        state.loss = values[-1][0]
        state.cpu_seconds = self.spent_before[0] + self.processes.total(time.process_time() - self.cpu_began)
        state.wall_seconds = self.spent_before[1] + time.monotonic() - self.wall_began
        self.events.write(
            "step",
            step=state.step,
            loss=round(sum(loss for loss, _ in values) / len(values), 6),
            rate=rate,
            cpu_seconds=round(state.cpu_seconds, 2),
            **getattr(state.module, "observed", dict)(),
        )

    def _save(self) -> None:
        if self.processes.leads:
            save_checkpoint(self.path, self.state, self.fingerprint)
        self.processes.wait()  # none ends before it is written: torchrun then ends the others
        self.events.write("checkpoint", step=self.state.step)
