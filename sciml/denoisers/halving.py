"""A denoiser that is asked about half as many states at once where memory does not suffice for all.

Noise is drawn outside, for the whole batch: so samples do not depend on how the batch was cut, but for the last digits of
sums that a processor forms in another order for another number of rows.
"""

import logging
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Posterior
from sciml.numerics.memory import is_out_of_memory
from sciml.numerics.states import take, tensors_of

log = logging.getLogger(__name__)


class Halving(Denoiser):
    """Passes every call on, in as many parts as memory asks for.

    Args:
        denoiser: what is called; it knows each state of a batch apart from the others.

    Attributes:
        most: states in one call, at most; None before memory has run out.
    """

    def __init__(self, denoiser: Denoiser) -> None:
        super().__init__(denoiser.process)
        self.denoiser = denoiser
        self.most: int | None = None

    def forward(self, x_t: Any, t: Tensor, cond: Any = None) -> Posterior[Any]:
        """The posterior of the wrapped denoiser.

        Raises:
            RuntimeError, MemoryError: memory does not suffice for one state alone, or gradients are asked for, which would
                keep all parts in memory.
        """
        count = len(next(tensors_of(x_t)))
        if self.most is not None and count > self.most:
            return self._in_parts(x_t, t, cond, count)
        try:
            return self.denoiser(x_t, t, cond)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error) or count < 2 or torch.is_grad_enabled():
                raise
            self.most = (count + 1) // 2
            log.warning("out of memory with %d samples at once: going on with %d", count, self.most)
        if torch.cuda.is_available():  # outside the handler, whose error holds on to what was computed
            torch.cuda.empty_cache()
        return self._in_parts(x_t, t, cond, count)

    def _in_parts(self, x_t: Any, t: Tensor, cond: Any, count: int) -> Posterior[Any]:
        parts, first = [], 0
        while first < count:
            assert self.most is not None
            index = slice(first, min(first + self.most, count))
            parts.append(self(take(x_t, index), _of(t, index, count), _of(cond, index, count)))
            first = index.stop
        whole = joined(parts)
        found = [len(tensor) for tensor in tensors_of(whole) if tensor.ndim]
        if set(found) != {count}:
            raise MemoryError(
                f"out of memory, and this denoiser cannot be asked about parts of {count} samples: sample fewer at once"
            )
        return whole


def _of(value: Any, index: slice, count: int) -> Any:
    """The part of a time or a condition that belongs to some states; one for all is kept."""
    tensor = next(tensors_of(value), None)
    return take(value, index) if tensor is not None and tensor.ndim and len(tensor) == count else value


def joined(parts: list[Any]) -> Any:
    """Posteriors, or what they are made of, of parts of a batch as that of the whole."""
    first = parts[0]
    if isinstance(first, Tensor):
        return first if not first.ndim else torch.cat(parts)
    if is_dataclass(first) and not isinstance(first, type):
        names = [field.name for field in fields(first) if field.init]
        return type(first)(**{name: joined([getattr(part, name) for part in parts]) for name in names})
    if any(part is not first and part != first for part in parts):
        raise MemoryError(
            "out of memory, and what this denoiser says of parts of a batch cannot be joined: sample fewer at once"
        )
    return first
