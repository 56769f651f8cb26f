"""The exact denoiser of Gaussian data with any covariance: the low-rank oracle at full rank."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Gaussian
from sciml.denoisers.low_rank import LowRankGaussianDenoiser
from sciml.numerics.broadcasting import broadcast_time
from sciml.processes.gaussian import GaussianProcess


class GaussianDenoiser(Denoiser):
    """p(x_0 | x_t) for x_0 ~ N(m, C), by the eigendecomposition C = U diag(v) U^T.

    Args:
        process: the forward process.
        mean: m, of the shape of a sample, n elements in all.
        covariance: C, symmetric and positive semidefinite.
    """

    process: GaussianProcess

    def __init__(self, process: GaussianProcess, mean: Float[Tensor, "*space"], covariance: Float[Tensor, "n n"]) -> None:
        super().__init__(process)
        if not torch.allclose(covariance, covariance.T, rtol=1e-6, atol=0):
            raise ValueError(f"`covariance` must be symmetric, got |C - C^T| = {(covariance - covariance.T).abs().max()}")
        variances, basis = torch.linalg.eigh(covariance)
        if variances[0] < -1e-6 * variances[-1].abs():
            raise ValueError(f"`covariance` must be positive semidefinite, got an eigenvalue of {variances[0].item()}")
        self.modes = LowRankGaussianDenoiser(process, mean, basis, variances.clamp(min=0))

    def forward(self, x_t: Float[Tensor, "batch *space"], t: Tensor, cond: Any = None) -> Gaussian:
        """The exact posterior: m + alpha C (alpha^2 C + sigma^2 I)^-1 (x_t - alpha m), and its marginal variances."""
        return self.modes(x_t, t, cond)

    def flow(self, x_t: Float[Tensor, "batch *space"], t: Tensor, s: Tensor) -> Float[Tensor, "batch *space"]:
        """The probability-flow map from time t to time s, exactly; see `LowRankGaussianDenoiser.flow`."""
        return self.modes.flow(x_t, t, s)

    def marginal(self, t: Tensor) -> tuple[Float[Tensor, "*space"], Float[Tensor, "n n"]]:
        """Mean alpha_t m and covariance alpha_t^2 C + sigma_t^2 I of x_t at one time."""
        t = broadcast_time(t, self.modes.mean.new_zeros(()))
        alpha, sigma, basis = self.process.alpha(t), self.process.sigma(t), self.modes.basis
        return alpha * self.modes.mean, (basis * (alpha**2 * self.modes.variances + sigma**2)) @ basis.T
