"""A denoiser: what can be said of the clean data once the corrupted is seen, p(x_0 | x_t)."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from torch import Tensor, nn

from sciml.processes.gaussian import GaussianProcess
from sciml.processes.process import Process

State = TypeVar("State")
StateOut = TypeVar("StateOut", covariant=True)


@runtime_checkable
class Posterior(Protocol[StateOut]):
    """An approximation of p(x_0 | x_t)."""

    @property
    def mean(self) -> StateOut:
        """E[x_0 | x_t], all that most solvers ask for."""


@dataclass(frozen=True)
class Dirac(Generic[State]):
    """A point estimate.

    Args:
        mean: E[x_0 | x_t].
    """

    mean: State


@dataclass(frozen=True)
class Gaussian:
    """A Gaussian known by its mean and its marginal variances.

    Args:
        mean: E[x_0 | x_t].
        variance: Var[x_0 | x_t] of each element, of a shape that broadcasts to the mean.
    """

    mean: Tensor
    variance: Tensor


class Denoiser(nn.Module, ABC):
    """Maps a corrupted state, its time and an optional condition to a posterior.

    Attributes:
        process: the forward process whose corruption is undone.
    """

    process: Process[Any]

    def __init__(self, process: Process[Any]) -> None:
        super().__init__()
        self.process = process

    @abstractmethod
    def forward(self, x_t: Any, t: Tensor, cond: Any = None) -> Posterior[Any]:
        """p(x_0 | x_t).

        Args:
            x_t: state at time t.
            t: times in (0, 1] that line up with the leading dimensions of the state.
            cond: whatever the denoiser is conditioned on.
        """


def gaussian_process(denoiser: Denoiser) -> GaussianProcess:
    """The process of a denoiser, for code that needs alpha_t and sigma_t.

    Raises:
        TypeError: if the process is not Gaussian.
    """
    if not isinstance(denoiser.process, GaussianProcess):
        raise TypeError(f"`denoiser.process` must be a GaussianProcess, got {type(denoiser.process).__name__}")
    return denoiser.process
