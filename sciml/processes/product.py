"""A process on a structured state: each field is corrupted by a process of its own, on one clock.

Reference: Jo, Lee and Hwang (2022), arXiv 2202.02514, equation 1: a graph's node features and adjacency.
"""

from collections.abc import Mapping
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

    def prior(self, shape: Any, *, generator: torch.Generator) -> Any:
        """Draws from the law of x_1.

        Args:
            shape: a state of the wanted shape, dtype and device, whose other fields are kept.
            generator: source of randomness.
        """
        drawn = {}
        for name, process in self.parts.items():
            like = getattr(shape, name)
            drawn[name] = process.prior(like.shape, generator=generator, dtype=like.dtype, device=like.device)
        return replace(shape, **drawn)

    def perturb(self, x_0: Any, t: Tensor, *, generator: torch.Generator) -> Any:
        """See `Process.perturb`."""
        noisy = {name: process.perturb(getattr(x_0, name), t, generator=generator) for name, process in self.parts.items()}
        return replace(x_0, **noisy)

    def bridge(self, x_0: Any, x_t: Any, t: Tensor, s: Tensor, *, generator: torch.Generator) -> Any:
        """See `Process.bridge`."""
        drawn = {
            name: process.bridge(getattr(x_0, name), getattr(x_t, name), t, s, generator=generator)
            for name, process in self.parts.items()
        }
        return replace(x_t, **drawn)
