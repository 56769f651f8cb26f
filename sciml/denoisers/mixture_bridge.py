"""The exact drift and score of an interpolant between two independent Gaussian mixtures.

x_0 ~ sum_i w_i N(m_i, C_i) and x_1 ~ sum_j v_j N(n_j, D_j). At time t the state is a mixture over pairs of

    N(alpha m_i + beta n_j, S_ij),      S_ij = alpha^2 C_i + beta^2 D_j + gamma^2 I,

and within a pair, r = x - its mean,

    b = alpha' m_i + beta' n_j + (alpha alpha' C_i + beta beta' D_j + gamma gamma' I) S_ij^-1 r,
    E[z | x_t] = gamma S_ij^-1 r.

Reference: Albergo, Boffi and Vanden-Eijnden (2023), arXiv 2303.08797.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.numerics.broadcasting import sample_times
from sciml.processes.interpolant import Interpolant


@dataclass(frozen=True, eq=False)
class Mixture:
    """sum_k w_k N(m_k, C_k) in n dimensions.

    Args:
        weights: w, positive, adding up to one.
        means: m.
        covariances: C, positive semidefinite.
    """

    weights: Float[Tensor, " K"]
    means: Float[Tensor, "K n"]
    covariances: Float[Tensor, "K n n"]

    def __post_init__(self) -> None:
        if not (bool((self.weights > 0).all()) and abs(self.weights.sum().item() - 1) < 1e-5):
            raise ValueError(f"`weights` must be positive and add up to one, got {self.weights.tolist()}")

    def sample(self, n: int, *, generator: torch.Generator) -> Float[Tensor, "samples n"]:
        """n draws."""
        k = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        noise = torch.randn(n, self.means.shape[1], generator=generator, dtype=self.means.dtype)
        return self.means[k] + torch.einsum("bij,bj->bi", torch.linalg.cholesky(self.covariances)[k], noise)


class MixtureBridge:
    """b and E[z | x_t] between two mixtures, in closed form; they are the fields of a `BridgeDenoiser`.

    Args:
        interpolant: the path.
        data: law of x_0.
        base: law of x_1, independent of x_0.
    """

    def __init__(self, interpolant: Interpolant, data: Mixture, base: Mixture) -> None:
        self.interpolant, self.data, self.base = interpolant, data, base

    def velocity(self, x: Float[Tensor, "batch n"], t: Tensor) -> Float[Tensor, "batch n"]:
        """b, also at t = 0 and 1."""
        p, times = self.interpolant, sample_times(t, x)[:, None, None]
        share, solved = self._pairs(x, t)
        slope = self._pairwise(p.alpha_dot(times), self.data.means, p.beta_dot(times), self.base.means)
        times = times[..., None]
        gain = self._pairwise(
            p.alpha(times) * p.alpha_dot(times),
            self.data.covariances,
            p.beta(times) * p.beta_dot(times),
            self.base.covariances,
        )
        gain = gain + p.half_gamma2_dot(times) * torch.eye(x.shape[1], dtype=x.dtype)
        return torch.einsum("bk,bkn->bn", share, slope + torch.einsum("bkij,bkj->bki", gain, solved))

    def noise(self, x: Float[Tensor, "batch n"], t: Tensor) -> Float[Tensor, "batch n"]:
        """E[z | x_t]."""
        share, solved = self._pairs(x, t)
        return self.interpolant.gamma(sample_times(t, x))[:, None] * torch.einsum("bk,bkn->bn", share, solved)

    def _pairs(self, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """Probability of each pair (batch, pairs), and S^-1 r (batch, pairs, n)."""
        p, times = self.interpolant, sample_times(t, x)[:, None, None]
        mean = self._pairwise(p.alpha(times), self.data.means, p.beta(times), self.base.means)
        times = times[..., None]
        total = self._pairwise(p.alpha(times) ** 2, self.data.covariances, p.beta(times) ** 2, self.base.covariances)
        total = total + p.gamma(times) ** 2 * torch.eye(x.shape[1], dtype=x.dtype)
        r = x[:, None] - mean
        factor = torch.linalg.cholesky(total)
        solved = torch.cholesky_solve(r[..., None], factor)[..., 0]
        log_det = 2 * factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        log_weight = (self.data.weights[:, None] * self.base.weights).flatten().log()
        log_density = -0.5 * ((r * solved).sum(-1) + log_det + x.shape[1] * math.log(2 * math.pi))
        return (log_weight + log_density).softmax(-1), solved

    def _pairwise(self, a: Tensor, of_data: Tensor, b: Tensor, of_base: Tensor) -> Tensor:
        """a of_data[i] + b of_base[j] for each pair, pairs along one axis."""
        i, j = len(of_data), len(of_base)
        return a * of_data.repeat_interleave(j, dim=0) + b * of_base.repeat(i, *(1,) * (of_base.ndim - 1))
