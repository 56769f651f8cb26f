"""Look-ahead guidance: a classifier of clean data is asked about the clean data that the denoiser foresees.

    x_0 <- x_0 + w (sigma_t^2 / alpha_t) C grad_{x_t} log p(y | x_0(x_t)),        x_0(x_t) = E[x_0 | x_t],

through the denoiser, whose Jacobian, alpha_t / sigma_t^2 times the covariance of x_0 given x_t, keeps the push in the
directions in which the data vary; the gradient of a reward at x_t itself, the naive one, leaves them. C is as in
`classifier`.

What is exact is log p(y | x_t) = log E[p(y | x_0) | x_t]. A likelihood at the mean neglects the spread of x_0, most at high
noise; as it is told t it may make up for it: for y = A x_0 + N(0, s^2) and Gaussian data with the variance
s^2 + A Var[x_0 | x_t] A^T in place of s^2 it is exact, as the tests hold.

Reference: Chen, Mei, Fan and Wang (2024), arXiv 2404.07771, on guided generation; Chung et al. (2023), arXiv 2209.14687,
section 3.2, for the likelihood at the mean.
"""

from typing import Any

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.guidance.classifier import LogProbability, finite, followed, gradient, pushed
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import map_parts


class LookAhead(Denoiser):
    """The posterior mean, pushed to where a function of clean data grows.

    Args:
        denoiser: differentiable; states may be structured.
        log_probability: log p(y | x_0) of each sample, (batch,), called as log_probability(x_0, t); differentiable. A
            reward divided by a temperature serves as well.
        weight: w, finite.
    """

    def __init__(self, denoiser: Denoiser, log_probability: LogProbability, weight: float = 1.0) -> None:
        super().__init__(denoiser.process)
        self.denoiser, self.log_probability, self.weight = denoiser, log_probability, finite(weight)

    def forward(self, x_t: Any, t: Tensor, cond: Any = None) -> Dirac[Any]:
        """One call of the denoiser and its gradient."""
        if self.weight == 0:
            return Dirac(self.denoiser(x_t, t, cond).mean)
        differentiated = torch.is_grad_enabled()
        with torch.enable_grad():
            seen = followed(self.process, x_t)
            x_0 = self.denoiser(seen, t, cond).mean
            slope = gradient(self.process, self.log_probability(x_0, t), seen, keep=differentiated)
        if not differentiated:
            x_0 = map_parts(self.process, _detached, x_0)
        return Dirac(pushed(self.process, x_0, slope, t, self.weight))


def _detached(_: GaussianProcess, part: Tensor) -> Tensor:
    return part.detach()
