"""The processes that share a piece of work, as torchrun starts them: which of them this is, and what they tell each other.

Every process holds the whole batch and draws all of its randomness from equal generators; only the networks' work is
divided, see `sciml.training.shares`. So losses, states and generators are the same everywhere, and one may write for all.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from sciml.io.errors import InputError
from sciml.numerics.memory import is_out_of_memory

T = TypeVar("T")
PATIENCE = timedelta(minutes=10)  # for an answer of the others: the longest step, or the writing of a checkpoint


class Unanswered(RuntimeError):
    """Another process of this run has ended, or does not answer."""


@dataclass(frozen=True)
class Processes:
    """Who shares the work; by default this process has it alone.

    Args:
        rank: number of this process, from 0.
        count: of the processes.
        through_host: whether tensors of a GPU travel by the processor's memory, as where processes share one GPU.
    """

    rank: int = 0
    count: int = 1
    through_host: bool = False

    @property
    def leads(self) -> bool:
        """Whether this process is the one that reads checkpoints, writes and speaks."""
        return self.rank == 0

    def largest(self, *values: float) -> tuple[float, ...]:
        """Of each value the largest that any process gave."""
        return values if self.count == 1 else self._reduced(values, dist.ReduceOp.MAX)

    def total(self, value: float) -> float:
        """The sum of what each process gave."""
        return value if self.count == 1 else self._reduced((value,), dist.ReduceOp.SUM)[0]

    def from_leader(self, make: Callable[[], T]) -> T:
        """What the leading process makes, in all of them; an error of it is raised in all of them.

        Args:
            make: called by that process alone; what it returns, or raises of the errors below, must be picklable.

        Raises:
            InputError, OSError, RuntimeError: as `make` did.
        """
        if self.count == 1:
            return make()
        told: list = [None, None]
        if self.leads:
            try:
                told[0] = make()
            except (InputError, OSError, RuntimeError) as error:
                told[1] = error
        with _answered():
            dist.broadcast_object_list(told, src=0, device=torch.device("cpu"))
        if told[1] is not None:
            raise told[1]
        return told[0]

    def gather(self, part: Tensor) -> Tensor:
        """The parts of all processes, of one shape, one after the other along the first dimension; passes no gradient."""
        plain = self._travelling(part.detach()).contiguous()
        whole = plain.new_empty(self.count * len(plain), *plain.shape[1:])
        with _answered():
            # As bytes: not every backend knows every type of number.
            parts = list(whole.flatten().view(torch.uint8).chunk(self.count))
            dist.all_gather(parts, plain.flatten().view(torch.uint8))
        return whole.to(part.device)

    @torch.no_grad()
    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Each gradient becomes its mean over the processes, in one message for each type of number.

        Torch's own data-parallel wrapper sends parts while others are computed; it does not know complex weights on the
        processor, and reports a lost process by whatever error its backward pass ends in.
        """
        if self.count == 1:
            return
        found = [parameter.grad for parameter in parameters if parameter.grad is not None]
        real = [torch.view_as_real(gradient) if gradient.is_complex() else gradient for gradient in found]
        for dtype in sorted({gradient.dtype for gradient in real}, key=str):
            of_type = [gradient for gradient in real if gradient.dtype == dtype]
            flat = self._travelling(torch.cat([gradient.flatten() for gradient in of_type]))
            with _answered():
                dist.all_reduce(flat)
            means = (flat / self.count).to(of_type[0].device).split([gradient.numel() for gradient in of_type])
            for gradient, mean in zip(of_type, means, strict=True):
                gradient.copy_(mean.view_as(gradient))

    def wait(self) -> None:
        """Until all processes are here."""
        self.largest(0.0)

    def _reduced(self, values: tuple[float, ...], operation: dist.ReduceOp.RedOpType) -> tuple[float, ...]:
        message = torch.tensor(values, dtype=torch.float64)
        with _answered():
            dist.all_reduce(message, operation)
        return tuple(message.tolist())

    def _travelling(self, tensor: Tensor) -> Tensor:
        return tensor.cpu() if self.through_host else tensor


ALONE = Processes()
_joined: ContextVar[Processes] = ContextVar("_joined", default=ALONE)


def current() -> Processes:
    """Those that `joined` brought together; this one alone outside."""
    return _joined.get()


def asked() -> int:
    """How many processes torchrun, or whoever sets its variables, started for this work.

    Raises:
        InputError: a variable that is to hold a number holds another thing, or one out of its range.
    """
    if not all(os.environ.get(name) for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")):
        return 1
    if (count := _number("WORLD_SIZE", 1)) > 1:
        _number("RANK", 0, count - 1)
        _number("MASTER_PORT", 0, 65535)
        _number("LOCAL_RANK", 0)
        _number("LOCAL_WORLD_SIZE", 1)
    return count


def _number(name: str, least: int, most: int = 2**31 - 1) -> int:
    text = os.environ.get(name) or str(least)
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and least <= int(text) <= most):
        raise InputError(f"environment: `{name}` must be a whole number from {least} to {most}, got {text!r}")
    return int(text)


@contextmanager
def joined(patience: timedelta = PATIENCE) -> Iterator[Processes]:
    """Within the context the processes that torchrun started share the work.

    Each takes a GPU of its own; where there are fewer GPUs than processes on a machine they share them. Not to be entered
    twice at once.

    Args:
        patience: for an answer of the others; after it `Unanswered` is raised.
    """
    if asked() == 1:
        yield ALONE
        return
    backend = "gloo"
    if gpus := torch.cuda.device_count():
        torch.cuda.set_device(_number("LOCAL_RANK", 0) % gpus)
        if _number("LOCAL_WORLD_SIZE", 1) <= gpus:
            backend = "cpu:gloo,cuda:nccl"
    with _answered():
        dist.init_process_group(backend, timeout=patience)
    token = _joined.set(Processes(dist.get_rank(), dist.get_world_size(), through_host=backend == "gloo"))
    try:
        yield current()
    finally:
        _joined.reset(token)
        dist.destroy_process_group()


@contextmanager
def _answered() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise
        said = re.sub(r"^\[\S+\] ", "", " ".join(str(error).split()))[:100]  # a line of the library's source comes first
        raise Unanswered(f"another process of this run has ended or does not answer ({said})") from error
