"""The tensors a solver moves, each with the process that corrupts it: one for a tensor, several for a structured state."""

from dataclasses import replace
from typing import Any

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
