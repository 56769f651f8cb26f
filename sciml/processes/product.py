"""A process on a structured state: each field is corrupted by a process of its own, on one clock.

Reference: Jo, Lee and Hwang (2022), arXiv 2202.02514, equation 1: a graph's node features and adjacency.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from sciml.processes.gaussian import GaussianProcess
from sciml.processes.process import Process


class ProductProcess(Process[Any]):
    """Independent Gaussian processes on the fields of a frozen dataclass of tensors.

    Args:
        parts: the process of each field that is corrupted; other fields, such as a mask, are left as they are.
    """

    def __init__(self, parts: Mapping[str, GaussianProcess]) -> None:
        if not parts:
            raise ValueError("`parts` must name at least one field")
        self.parts = dict(parts)

    def noise(self, like: Any, *, generator: torch.Generator) -> Any:
        """A draw of the noise of every field that is corrupted; the others are kept."""
        return self.map(lambda process, field: process.noise(field, generator=generator), like)

    def noise_covariance(self, state: Any) -> Any:
        """The covariance of the noise times a state: turns a gradient by all entries into a step of guidance."""
        return state

    def prior(self, shape: Any, *, generator: torch.Generator) -> Any:
        """Draws from the law of x_1.

        Args:
            shape: a state of the wanted shape, dtype and device, whose other fields are kept.
            generator: source of randomness.
        """
        one = torch.ones((), dtype=torch.float64)
        return self.map(lambda process, eps: process.sigma(one).item() * eps, self.noise(shape, generator=generator))

    def perturb(self, x_0: Any, t: Tensor, *, generator: torch.Generator) -> Any:
        """See `Process.perturb`."""
        return self.interpolate(x_0, self.noise(x_0, generator=generator), t)

    def interpolate(self, x_0: Any, eps: Any, t: Tensor) -> Any:
        """x_t = alpha_t x_0 + sigma_t eps of every field, for a known noise."""
        return self.map(lambda process, data, noise: process.interpolate(data, noise, t), x_0, eps)

    def bridge(self, x_0: Any, x_t: Any, t: Tensor, s: Tensor, *, generator: torch.Generator) -> Any:
        """See `Process.bridge`."""
        eps = self.noise(x_t, generator=generator)
        return self.map(lambda process, seen, data, noise: process.bridge_with(data, seen, noise, t, s), x_t, x_0, eps)

    def map(self, function: Callable[..., Tensor], like: Any, *states: Any) -> Any:
        """A state whose corrupted fields are function(process, field of `like`, field of each state)."""
        made = {
            name: function(process, *(getattr(state, name) for state in (like, *states)))
            for name, process in self.parts.items()
        }
        return replace(like, **made)
