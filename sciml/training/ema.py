"""Exponential moving average of weights."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class ExponentialMovingAverage:
    """Averages the parameters that are trained, in their own precision.

    The decay at step k is min(1 - 1 / time_constant, (1 + k) / (10 + k)), so that a short run forgets its start.

    Args:
        parameters: the parameters to follow.
        time_constant: steps over which the average forgets.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], time_constant: float) -> None:
        self.parameters: list[Tensor] = list(parameters)
        self.average = [parameter.detach().clone() for parameter in self.parameters]
        self.decay = 1 - 1 / max(time_constant, 1.0)

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after step number `step`, counted from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self.average, self.parameters, 1 - decay)

    @contextmanager
    def swapped(self) -> Iterator[None]:
        """Within the context the parameters hold the average."""
        kept = [parameter.detach().clone() for parameter in self.parameters]
        self.copy_to_parameters()
        try:
            yield
        finally:
            self._assign(kept)

    def copy_to_parameters(self) -> None:
        """Overwrite the parameters with the average: the end of a training."""
        self._assign(self.average)

    @torch.no_grad()
    def _assign(self, values: list[Tensor]) -> None:
        for parameter, value in zip(self.parameters, values, strict=True):
            parameter.copy_(value)

    def state_dict(self) -> list[Tensor]:
        return self.average

    @torch.no_grad()
    def load_state_dict(self, state: list[Tensor]) -> None:
        for average, value in zip(self.average, state, strict=True):
            average.copy_(value)
