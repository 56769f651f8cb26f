"""Mean and spectrum of a data set: the Gaussian that a solver treats exactly, and the denoiser that knows no more.

    E[x_0 | x_t] = m + U G U^T (x_t / alpha - m),        G = e / (e + s^2),        s = sigma / alpha,

U the modes, e the variance of each.

Reference: Wang and Vastola (2023), arXiv 2303.02490.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.numerics.modes import Modes, cosine_modes, dense_modes
from sciml.processes.gaussian import GaussianProcess


@dataclass(frozen=True, eq=False)
class DataStatistics:
    """N(m, U diag(e) U^T).

    Args:
        mean: m, of the shape of a sample.
        variances: e, one for each mode, not negative.
        modes: U.
    """

    mean: Float[Tensor, "*space"]
    variances: Float[Tensor, "*layout"]
    modes: Modes

    def __post_init__(self) -> None:
        if tuple(self.variances.shape) != self.modes.layout:
            raise ValueError(f"`variances` must have the shape {self.modes.layout} of the modes, got {self.variances.shape}")
        if not bool((self.variances >= 0).all()):
            raise ValueError(f"`variances` must not be negative, got {self.variances.min().item()}")

    def posterior_mean(self, process: GaussianProcess, x_t: Float[Tensor, "batch *space"], t: Tensor) -> Tensor:
        """E[x_0 | x_t] at one time."""
        e = self.variances.to(torch.float64)
        gain = (e / (e + torch.exp(-2 * process.lambda_(t)))).to(x_t.dtype)
        z = gain * self.modes.forward(x_t / process.alpha(t).to(x_t.dtype) - self.mean)
        return self.mean + self.modes.inverse(z, x_t.shape)

    def to(self, like: Tensor) -> "DataStatistics":
        """The same in the dtype and on the device of a tensor; the variances stay in float64 where they are."""
        return replace(self, mean=self.mean.to(like), modes=self.modes.to(like))


def principal_statistics(data: Float[Tensor, "n *space"]) -> DataStatistics:
    """Mean and principal components of the data, in float64; of d elements a sample, d x d."""
    flat = data.flatten(1).to(torch.float64)
    centred = flat - flat.mean(0)
    variances, basis = torch.linalg.eigh(centred.T @ centred / max(1, len(flat) - 1))
    return DataStatistics(data.to(torch.float64).mean(0), variances.clamp(min=0), dense_modes(basis))


def cosine_statistics(data: Float[Tensor, "n channel *space"]) -> DataStatistics:
    """Mean of the data, and the variance of each channel's cosine modes over space: fields too large for a covariance."""
    mean = data.to(torch.float64).mean(0)
    modes = cosine_modes(mean.shape, range(1, mean.ndim))
    return DataStatistics(mean, modes.forward(data.to(torch.float64) - mean).square().mean(0), modes)
