"""The tensors a solver moves, each with the process that corrupts it: one for a tensor, several for a structured state."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from sciml.processes.gaussian import GaussianProcess
from sciml.processes.process import Process
from sciml.processes.product import ProductProcess


def processes_of(process: Process[Any]) -> tuple[GaussianProcess, ...]:
    """The Gaussian process of each part of a state.

    Raises:
        TypeError: if the process is not made of Gaussian ones.
    """
    if isinstance(process, GaussianProcess):
        return (process,)
    if isinstance(process, ProductProcess):
        return tuple(process.parts.values())
    raise TypeError(f"`denoiser.process` must be a GaussianProcess or a product of them, got {type(process).__name__}")


def split(process: Process[Any], state: Any) -> tuple[Tensor, ...]:
    """The tensors that move."""
    if isinstance(process, ProductProcess):
        return tuple(getattr(state, name) for name in process.parts)
    return (state,)


def join(process: Process[Any], state: Any, tensors: tuple[Tensor, ...]) -> Any:
    """The state with its moving tensors replaced."""
    if isinstance(process, ProductProcess):
        return replace(state, **dict(zip(process.parts, tensors, strict=True)))
    return tensors[0]


def map_parts(process: Process[Any], function: Callable[..., Tensor], like: Any, *states: Any) -> Any:
    """The state whose moving tensors are function(process of the tensor, tensor of `like`, tensor of each state)."""
    tensors = zip(processes_of(process), *(split(process, state) for state in (like, *states)), strict=True)
    return join(process, like, tuple(function(*each) for each in tensors))


def noise_like(process: Process[Any], state: Any, generator: torch.Generator) -> Any:
    """A draw of the noise that the process adds, in the shape of a state."""
    if not isinstance(process, GaussianProcess | ProductProcess):
        raise TypeError(f"`process` must be a GaussianProcess or a product of them, got {type(process).__name__}")
    return process.noise(state, generator=generator)


def prior_like(process: Process[Any], state: Any, generator: torch.Generator) -> Any:
    """A draw of the law that sampling starts from, in the shape of a state."""
    if isinstance(process, GaussianProcess):
        return process.prior(state.shape, generator=generator, dtype=state.dtype, device=state.device)
    return process.prior(state, generator=generator)


def noise_covariance(process: Process[Any], state: Any) -> Any:
    """The covariance of the noise times a state: for a tensor the state itself, for the noise is N(0, I)."""
    return process.noise_covariance(state) if isinstance(process, ProductProcess) else state
