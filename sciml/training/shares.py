"""Networks of which each process is asked about its share of a batch, while all else is as in one process.

Within `shared_calls` a network is called with the whole batch as before. Process k of n computes the rows from k r on,
r = ceil(rows / n) of them, and the rows of all are put together: every process goes on with the answer for the whole batch.
Noise, times, means over a batch and the choices of a sampler are computed from it by each, from equal generators, so a loss
and a sample are those of one process, but for the last digits of sums that a processor forms in another order for another
number of rows.

Of the gradient: where the loss L is the same in each process, the rows of the answer take n dL/d(row), and the inputs of the
network the mean of what all processes hand back. The mean over processes of the weights' gradients is then that of one.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function

from sciml.numerics.memory import is_out_of_memory
from sciml.training.processes import Processes, current
from sciml.training.whole_dropout import WholeDropout, drops

NETS = ("net", "net_x", "net_adj")  # what modules of the package call a network whose rows are samples


@contextmanager
def shared_calls(*modules: nn.Module) -> Iterator[None]:
    """Within the context the processes of this run share the work of the modules' networks.

    Nothing changes where there is one process. Each network must know each row of a batch apart from the others.
    """
    processes, nets = current(), []
    if processes.count > 1:
        nets = [net for module in modules for net in nets_of(module) if "forward" not in vars(net)]
    for net in nets:
        net.forward = _Shared(net, processes)
    try:
        yield
    finally:
        for net in nets:
            del net.forward


def nets_of(module: nn.Module) -> Iterator[nn.Module]:
    """The networks in a module, outermost first, each once."""
    seen: set[nn.Module] = set()

    def below(part: nn.Module) -> Iterator[nn.Module]:
        for name, child in part.named_children():
            if child in seen:
                continue
            seen.add(child)
            yield from (child,) if name in NETS else below(child)

    return below(module)


@dataclass(frozen=True)
class Share:
    """The rows of a batch that are this process's; as many in each, so that the last may be asked about some again.

    Args:
        processes: that share the batch.
        rows: of the batch.
    """

    processes: Processes
    rows: int

    @property
    def size(self) -> int:
        """Rows in a share."""
        return -(-self.rows // self.processes.count)

    @property
    def first(self) -> int:
        """The first row of this one."""
        return self.processes.rank * self.size

    def index(self, device: torch.device) -> Tensor:
        """Which rows these are."""
        return torch.arange(self.first, self.first + self.size, device=device).clamp(max=self.rows - 1)

    def of(self, value: Any) -> Any:
        """The share of an argument that has a row for each of the batch; any other as it is."""
        if not isinstance(value, Tensor) or not value.ndim or len(value) != self.rows:
            return value
        return _Taken.apply(value, self)

    def joined(self, part: Any) -> Any:
        """The answer for the whole batch."""
        return tuple(map(self.joined, part)) if isinstance(part, tuple) else _Joined.apply(part, self)


class _Shared:
    """What a network's calls go to instead."""

    def __init__(self, net: nn.Module, processes: Processes) -> None:
        self.net, self.processes, self.drops = net, processes, drops(net)
        self.forward: Callable[..., Any] = net.forward

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        share = Share(self.processes, len(next(value for value in inputs if isinstance(value, Tensor))))
        mine, others = map(share.of, inputs), {name: share.of(value) for name, value in named.items()}
        with ExitStack() as stack:
            if self.drops and self.net.training:
                stack.enter_context(WholeDropout(share.rows, share.size, share.index))
            return share.joined(self._said(*mine, **others))

    def _said(self, *inputs: Any, **named: Any) -> Any:
        """The answer for the share. Without gradients, where a sampler may ask about fewer, all learn that memory ran out.

        Raises:
            MemoryError: it did in one of the processes.
        """
        if torch.is_grad_enabled():
            return self.forward(*inputs, **named)
        said, failed = None, ""
        try:
            said = self.forward(*inputs, **named)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            failed = str(error)
        if self.processes.largest(bool(failed))[0]:
            raise MemoryError(f"out of memory in one of {self.processes.count} processes: {failed or 'another'}")
        return said


class _Taken(Function):
    """Rows of a share; backward, what all processes hand back for theirs, as the mean over the processes."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, share: Share) -> Tensor:
        ctx.share = share
        return value[share.index(value.device)]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        processes = ctx.share.processes
        return processes.gather(gradients[0])[: ctx.share.rows] / processes.count, None


class _Joined(Function):
    """All rows; backward, those of the share, times the number of processes."""

    @staticmethod
    def forward(ctx: Any, part: Tensor, share: Share) -> Tensor:
        ctx.share = share
        return share.processes.gather(part)[: share.rows]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        share, (whole,) = ctx.share, gradients
        own = whole[share.first : share.first + share.size] * share.processes.count
        return torch.cat([own, own.new_zeros(share.size - len(own), *own.shape[1:])]), None
