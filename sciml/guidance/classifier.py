"""Classifier guidance: the score of what is asked for is added to that of the data.

With log p(y | x_t) known for noisy states, the score of p(x_t) p(y | x_t)^w moves the posterior mean,

    x_0 <- x_0 + w (sigma_t^2 / alpha_t) C grad_{x_t} log p(y | x_t),

C the covariance of the noise, 1 for a tensor. For a graph the noise at i, j is that at j, i: of a gradient G with respect
to all entries of the adjacency G + G^T is taken, which is the derivative by the pair, and what is padded stays 0. With w = 1
and the exact log p(y | x_t), the result is exactly E[x_0 | x_t, y].

Reference: Dhariwal and Nichol (2021), arXiv 2105.05233, section 4 and algorithm 2; Song et al. (2021), arXiv 2011.13456,
equation 14.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.numerics.broadcasting import broadcast_time
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import join, map_parts, noise_covariance, split
from sciml.processes.process import Process

LogProbability = Callable[[Any, Tensor], Tensor]


class ClassifierGuided(Denoiser):
    """The posterior mean given what a classifier of noisy states is to say.

    Args:
        denoiser: of the data; states may be structured.
        log_probability: log p(y | x_t) of each sample, (batch,), called as log_probability(x_t, t); differentiable.
        weight: w, finite.
    """

    def __init__(self, denoiser: Denoiser, log_probability: LogProbability, weight: float = 1.0) -> None:
        super().__init__(denoiser.process)
        self.denoiser, self.log_probability, self.weight = denoiser, log_probability, finite(weight)

    def forward(self, x_t: Any, t: Tensor, cond: Any = None) -> Dirac[Any]:
        """One call of the denoiser, one of the classifier and its gradient."""
        x_0 = self.denoiser(x_t, t, cond).mean
        if self.weight == 0:
            return Dirac(x_0)
        differentiated = torch.is_grad_enabled()
        with torch.enable_grad():
            seen = followed(self.process, x_t)
            slope = gradient(self.process, self.log_probability(seen, t), seen, keep=differentiated)
        return Dirac(pushed(self.process, x_0, slope, t, self.weight))


def followed(process: Process[Any], x_t: Any) -> Any:
    """A state by which one can differentiate: itself where its caller does so already."""
    parts = tuple(part if part.requires_grad else part.detach().requires_grad_() for part in split(process, x_t))
    return join(process, x_t, parts)


def gradient(process: Process[Any], values: Tensor, x_t: Any, *, keep: bool) -> Any:
    """The derivative of each sample's value by its own state, a state; 0 where a value does not depend on it.

    Args:
        process: of the state.
        values: one for each sample, (batch,).
        x_t: from `followed`.
        keep: whether the result is to be differentiated again.

    Raises:
        ValueError: values of another shape.
    """
    batch = len(split(process, x_t)[0])
    if values.shape != (batch,):
        raise ValueError(f"`log_probability` must return one number for each of {batch} samples, got {tuple(values.shape)}")
    parts = split(process, x_t)
    slopes = torch.autograd.grad(values.sum(), parts, create_graph=keep, allow_unused=True, materialize_grads=True)
    return join(process, x_t, slopes)


def pushed(process: Process[Any], x_0: Any, slope: Any, t: Tensor, weight: float) -> Any:
    """x_0 + w (sigma_t^2 / alpha_t) C slope."""

    def push(part: GaussianProcess, mean: Tensor, way: Tensor) -> Tensor:
        time = broadcast_time(t, mean)
        return mean + (weight * part.sigma(time) ** 2 / part.alpha(time)).to(mean.dtype) * way

    return map_parts(process, push, x_0, noise_covariance(process, slope))


def finite(weight: float) -> float:
    """A weight of guidance.

    Raises:
        ValueError: if it is not finite.
    """
    if not math.isfinite(weight):
        raise ValueError(f"`weight` must be finite, got {weight}")
    return weight
