"""The exact denoiser of Gaussian data that lives in a d-dimensional subspace of R^n.

x_0 = m + U diag(sqrt(v)) z with orthonormal U (n, d). With x = x_t - alpha_t m, everything splits over the modes of U
and their orthogonal complement, where the data has no variance:

    E[x_0 | x_t] = m + U diag(alpha v / (alpha^2 v + sigma^2)) U^T x,
    Cov[x_0 | x_t] = U diag(v sigma^2 / (alpha^2 v + sigma^2)) U^T.

The probability flow is linear, and scales each mode by its standard deviation, S_t = alpha_t^2 v + sigma_t^2:

    x_s = alpha_s m + (sigma_s / sigma_t) (x - U U^T x) + U diag(sqrt(S_s / S_t)) U^T x.

Reference: Wang and Vastola (2023), arXiv 2303.02490.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Gaussian
from sciml.numerics.broadcasting import sample_times
from sciml.processes.gaussian import GaussianProcess


class LowRankGaussianDenoiser(Denoiser):
    """p(x_0 | x_t) for x_0 ~ N(m, U diag(v) U^T), in O(n d) a sample.

    Args:
        process: the forward process.
        mean: m, of the shape of a sample, n elements in all.
        basis: U, orthonormal columns.
        variances: v, not negative.
    """

    process: GaussianProcess
    mean: Tensor
    basis: Tensor
    variances: Tensor

    def __init__(
        self,
        process: GaussianProcess,
        mean: Float[Tensor, "*space"],
        basis: Float[Tensor, "n d"],
        variances: Float[Tensor, " d"],
    ) -> None:
        super().__init__(process)
        if basis.shape[0] != mean.numel():
            raise ValueError(f"`basis` must have {mean.numel()} rows, one per element of `mean`, got {basis.shape[0]}")
        defect = (basis.T @ basis - torch.eye(basis.shape[1], dtype=basis.dtype, device=basis.device)).abs().max()
        if not defect < 1e-5:
            raise ValueError(f"`basis` must have orthonormal columns, got |U^T U - I| = {defect.item():.3g}")
        if not bool((variances >= 0).all()):
            raise ValueError(f"`variances` must not be negative, got {variances.min().item()}")
        self.register_buffer("mean", mean)
        self.register_buffer("basis", basis)
        self.register_buffer("variances", variances)

    def _variances_at(self, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """alpha_t, sigma_t (batch, 1) and the variances S_t of the modes (batch, d)."""
        alpha, sigma = self.process.alpha(t)[:, None], self.process.sigma(t)[:, None]
        return alpha, sigma, alpha**2 * self.variances + sigma**2

    def _centre(self, x_t: Tensor, alpha: Tensor) -> Tensor:
        """x_t - alpha_t m, one row per sample, in the precision of the oracle."""
        return x_t.flatten(1).to(self.mean.dtype) - alpha * self.mean.flatten()

    def forward(self, x_t: Float[Tensor, "batch *space"], t: Tensor, cond: Any = None) -> Gaussian:
        """The exact posterior; it is not conditional, and ignores `cond`."""
        alpha, sigma, total = self._variances_at(sample_times(t, x_t))
        modes = self._centre(x_t, alpha) @ self.basis
        mean = self.mean.flatten() + (modes * (alpha * self.variances / total)) @ self.basis.T
        variance = (self.variances * sigma**2 / total) @ (self.basis**2).T
        return Gaussian(mean.reshape(x_t.shape).to(x_t.dtype), variance.reshape(x_t.shape).to(x_t.dtype))

    def flow(self, x_t: Float[Tensor, "batch *space"], t: Tensor, s: Tensor) -> Float[Tensor, "batch *space"]:
        """The probability-flow map from time t to time s, exactly.

        Args:
            x_t: state at time t.
            t: time or times per sample, in (0, 1].
            s: time or times per sample, in [0, 1].
        """
        alpha_t, sigma_t, total_t = self._variances_at(sample_times(t, x_t))
        alpha_s, sigma_s, total_s = self._variances_at(sample_times(s, x_t))
        x = self._centre(x_t, alpha_t)
        modes = x @ self.basis
        outside = x - modes @ self.basis.T
        inside = (modes * (total_s / total_t).sqrt()) @ self.basis.T
        x_s = alpha_s * self.mean.flatten() + sigma_s / sigma_t * outside + inside
        return x_s.reshape(x_t.shape).to(x_t.dtype)
