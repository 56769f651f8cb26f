"""Mini-batches of in-memory examples, in an order that depends on the seed and the step alone."""

from collections.abc import Sequence

import torch
from torch import Tensor

from sciml.io.errors import InputError


class Batches:
    """Shuffled epochs without gaps: batch k of a run is the same whenever and on however many processes it is asked for.

    Args:
        examples: tensors whose first dimensions are equal; a batch is the tuple of their rows.
        size: rows of a batch over all processes; at most the number of examples, and a multiple of `ranks`.
        seed: of the shuffles.
        rank, ranks: this process takes rows rank, rank + ranks, ... of each batch.
    """

    def __init__(self, examples: Sequence[Tensor], size: int, seed: int, rank: int = 0, ranks: int = 1) -> None:
        lengths = {len(tensor) for tensor in examples}
        if len(lengths) != 1 or 0 in lengths:
            raise ValueError(f"`examples` must be tensors of one and the same length above 0, got lengths {sorted(lengths)}")
        self.examples, self.seed, self.rank, self.ranks = tuple(examples), seed, rank, ranks
        self.length = lengths.pop()
        self.size = size
        if size > self.length:
            raise InputError(f"`batch` must be at most the number of examples, {self.length}, got {size}")
        if self.size % ranks:
            raise InputError(f"`batch` must be a multiple of the number of processes, {ranks}, got {self.size}")
        self._epoch, self._order = -1, torch.empty(0, dtype=torch.long)

    def __getitem__(self, step: int) -> tuple[Tensor, ...]:
        """The batch of a step, counted from 0; the last rows of an epoch that do not fill a batch are left out."""
        epoch, position = divmod(step, self.length // self.size)
        if epoch != self._epoch:
            shuffle = torch.Generator().manual_seed(hash_seed(self.seed, epoch))
            self._epoch, self._order = epoch, torch.randperm(self.length, generator=shuffle)
        rows = self._order[position * self.size : (position + 1) * self.size][self.rank :: self.ranks]
        return tuple(tensor[rows.to(tensor.device)] for tensor in self.examples)


def hash_seed(*parts: int) -> int:
    """A seed from several integers, such that neighbouring tuples give unrelated streams (a 64-bit mixing function)."""
    state = 0x9E3779B97F4A7C15
    for part in parts:
        state = ((state ^ (part & 0xFFFFFFFFFFFFFFFF)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 31
        state = (state * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 29
    return state >> 1
