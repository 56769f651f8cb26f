"""The exact denoiser of data from a Gaussian mixture.

x_0 ~ sum_k w_k N(m_k, C_k), C_k = U_k diag(v_k) U_k^T. At time t the state is a mixture of N(alpha m_k, U_k S_k U_k^T)
with S_k = alpha^2 v_k + sigma^2, and with r_k(x_t) the posterior probability of component k, by logsumexp,

    E[x_0 | x_t] = sum_k r_k (m_k + U_k diag(alpha v_k / S_k) U_k^T (x_t - alpha m_k)).

Where the covariances commute, as those of random fields do, one U serves all, and all is done in its coordinates.
"""

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.numerics.broadcasting import sample_times
from sciml.processes.gaussian import GaussianProcess


class MixtureDenoiser(Denoiser):
    """E[x_0 | x_t] for x_0 ~ sum_k w_k N(m_k, C_k).

    Args:
        process: the forward process.
        weights: w, positive, adding up to one.
        means: m, component first; then the shape of a sample, n elements in all.
        covariances: a variance for each isotropic component (K,), or full covariances (K, n, n).
    """

    process: GaussianProcess
    weights: Tensor
    means: Tensor
    centres: Tensor  # the means, flat, in the coordinates of the common modes
    variances: Tensor
    bases: Tensor | None
    common: Tensor | None

    def __init__(
        self,
        process: GaussianProcess,
        weights: Float[Tensor, " K"],
        means: Float[Tensor, "K *space"],
        covariances: Float[Tensor, " K"] | Float[Tensor, "K n n"],
    ) -> None:
        super().__init__(process)
        if not (bool((weights > 0).all()) and abs(weights.sum().item() - 1) < 1e-5):
            raise ValueError(f"`weights` must be positive and add up to one, got {weights.tolist()}")
        variances, bases, common = _spectra(covariances)
        if variances.min() < -1e-6 * variances.abs().max():
            raise ValueError(f"`covariances` must be positive semidefinite, got an eigenvalue of {variances.min().item()}")
        self.register_buffer("weights", weights)
        self.register_buffer("means", means)
        self.register_buffer("centres", means.flatten(1) if common is None else means.flatten(1) @ common)
        self.register_buffer("variances", variances.clamp(min=0))
        self.register_buffer("bases", bases)
        self.register_buffer("common", common)

    def _rotate(self, x: Float[Tensor, "batch K n"], *, back: bool = False) -> Float[Tensor, "batch K n"]:
        """Into the eigenbasis of each component, or back."""
        if self.bases is None:
            return x
        return torch.einsum("bki,kji->bkj" if back else "bkj,kji->bki", x, self.bases)

    def _components(self, x_t: Tensor, t: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """log w_k p_k(x_t) (batch, K), the centred state in each eigenbasis (batch, K, n), alpha and S_k."""
        t = sample_times(t, x_t)[:, None, None]
        alpha, sigma = self.process.alpha(t), self.process.sigma(t)
        state = x_t.flatten(1).to(self.means.dtype)
        state = (state if self.common is None else state @ self.common)[:, None]
        z = self._rotate(state - alpha * self.centres)
        total = alpha**2 * self.variances + sigma**2
        log_det = total.log().expand(z.shape).sum(-1)
        log_density = -0.5 * ((z**2 / total).sum(-1) + log_det + z.shape[-1] * math.log(2 * math.pi))
        return self.weights.log() + log_density, z, alpha, total

    def forward(self, x_t: Float[Tensor, "batch *space"], t: Tensor, cond: Any = None) -> Dirac:
        """The exact posterior mean; it is not conditional, and ignores `cond`."""
        log_joint, z, alpha, total = self._components(x_t, t)
        means = self.centres + self._rotate(z * (alpha * self.variances / total), back=True)
        mean = self._leave(torch.einsum("bk,bkn->bn", log_joint.softmax(-1), means))
        return Dirac(mean.reshape(x_t.shape).to(x_t.dtype))

    def log_prob(self, x_t: Float[Tensor, "batch *space"], t: Tensor) -> Float[Tensor, " batch"]:
        """log p_t(x_t), the density of the state at time t, in nats."""
        return self._components(x_t, t)[0].logsumexp(-1).to(x_t.dtype)

    def sample(self, n: int, *, generator: torch.Generator) -> Float[Tensor, "n *space"]:
        """n draws of the data x_0."""
        k = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        flat = self.centres[k]
        noise = torch.randn(flat.shape, generator=generator, dtype=flat.dtype, device=flat.device)
        scaled = noise * self.variances[k].sqrt()
        if self.bases is not None:
            scaled = torch.einsum("bi,bji->bj", scaled, self.bases[k])
        return self._leave(flat + scaled).reshape(n, *self.means.shape[1:])

    def _leave(self, x: Float[Tensor, "batch n"]) -> Float[Tensor, "batch n"]:
        """Out of the coordinates of the common modes."""
        return x if self.common is None else x @ self.common.T


def _spectra(covariances: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
    """(variances, a basis for each component or None, one basis for all or None)."""
    if covariances.ndim == 1:
        return covariances[:, None], None, None
    golden = 1 + torch.arange(len(covariances)).to(covariances) * 0.6180339887498949 % 1  # no two sums of modes alike
    common = torch.linalg.eigh(torch.einsum("k,kij->ij", golden, covariances))[1]
    rotated = common.T @ covariances @ common
    variances = rotated.diagonal(dim1=1, dim2=2)
    off = (rotated - torch.diag_embed(variances)).abs().amax()
    if off <= 64 * torch.finfo(covariances.dtype).eps * variances.abs().amax():
        return variances.contiguous(), None, common
    variances, bases = torch.linalg.eigh(covariances)
    return variances, bases, None
