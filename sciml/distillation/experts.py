"""A mixture of Gaussian experts: a law of low-dimensional states that is drawn from at no call and has an exact density.

    q(x | c) = sum_z g_z(c) N(x; m_z(c), L_z(c) L_z(c)^T),        L_z lower triangular with a positive diagonal.

Reference: Zhou et al. (2024), arXiv 2406.12538, section 3, for its use as a student.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from sciml.denoisers.mixture import MixtureDenoiser
from sciml.processes.gaussian import GaussianProcess


@dataclass(frozen=True)
class Mixture:
    """The mixtures of a batch of conditions, or one mixture for all.

    Args:
        log_weights: log g, normalised.
        means: m.
        factors: L.
    """

    log_weights: Float[Tensor, "batch expert"]
    means: Float[Tensor, "batch expert n"]
    factors: Float[Tensor, "batch expert n n"]

    def corrupted(self, alpha: Tensor, sigma: Tensor) -> "Mixture":
        """The law of alpha x + sigma noise."""
        eye = torch.eye(self.means.shape[-1], dtype=self.means.dtype, device=self.means.device)
        covariances = alpha**2 * self.factors @ self.factors.mT + sigma**2 * eye
        return Mixture(self.log_weights, alpha * self.means, torch.linalg.cholesky(covariances))

    def log_joint(self, x: Float[Tensor, "batch point n"]) -> Float[Tensor, "batch point expert"]:
        """log g_z N(x; m_z, L_z L_z^T) of any number of points for each mixture, in nats."""
        gaps = (x[:, :, None] - self.means[:, None])[..., None]
        z = torch.linalg.solve_triangular(self.factors[:, None], gaps, upper=False)[..., 0]
        scale = self.factors.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        own = (self.log_weights - scale)[:, None]
        return own - 0.5 * (z.square().sum(-1) + x.shape[-1] * math.log(2 * math.pi))

    def detached(self) -> "Mixture":
        """The same without a gradient."""
        return Mixture(self.log_weights.detach(), self.means.detach(), self.factors.detach())

    def entropies(self) -> Float[Tensor, "batch expert"]:
        """Of each expert, in nats."""
        n = self.means.shape[-1]
        return self.factors.diagonal(dim1=-2, dim2=-1).log().sum(-1) + 0.5 * n * math.log(2 * math.pi * math.e)


class GaussianExperts(nn.Module):
    """The mixture as a function of a condition, or without one.

    Args:
        experts: how many; over-provide by two for modes that are not known.
        size: n, elements of a state.
        net: from a condition to experts x (1 + n + n (n + 1) / 2) numbers; None: free parameters.
    """

    def __init__(self, experts: int, size: int, net: nn.Module | None = None) -> None:
        super().__init__()
        if experts < 1 or size < 1:
            raise ValueError(f"`experts` and `size` must be at least 1, got {experts} and {size}")
        self.experts, self.size, self.net = experts, size, net
        self.free = None if net else nn.Parameter(torch.zeros(experts * self.numbers))

    @property
    def numbers(self) -> int:
        """Numbers that say one expert."""
        return 1 + self.size + self.size * (self.size + 1) // 2

    @torch.no_grad()
    def start(self, means: Float[Tensor, "expert n"], deviation: float) -> None:
        """Put experts without a condition at these means, round and equally likely.

        Raises:
            ValueError: there is a network that says where they are.
        """
        if self.free is None:
            raise ValueError("`start` is of experts without a condition")
        rows = self.free.view(self.experts, self.numbers)
        rows.zero_()
        rows[:, 1 : 1 + self.size] = means.to(rows)
        rows[:, 1 + self.size : 1 + 2 * self.size] = math.log(deviation)

    def forward(self, cond: Tensor | None = None) -> Mixture:
        """The mixtures of these conditions, (batch, ...); one without."""
        said = self.free[None] if self.free is not None else self.net(cond)  # type: ignore[misc]
        rows = said.reshape(len(said), self.experts, self.numbers)
        log_weights, means, diagonal, below = rows.split([1, self.size, self.size, self.numbers - 1 - 2 * self.size], -1)
        factors, at = torch.diag_embed(diagonal.exp()), torch.tril_indices(self.size, self.size, -1, device=rows.device)
        factors[..., at[0], at[1]] = below
        return Mixture(log_weights[..., 0].log_softmax(-1), means, factors)

    def log_prob(self, x: Float[Tensor, "batch n"], cond: Tensor | None = None) -> Float[Tensor, " batch"]:
        """log q(x | c), in nats, exactly."""
        return points_of(x, cond, self(cond).log_joint).logsumexp(-1)

    @torch.no_grad()
    def sample(self, count: int, *, generator: Generator, cond: Tensor | None = None) -> Float[Tensor, "count n"]:
        """Draws, one for each condition where there are such."""
        mixture = self(cond)
        weights = mixture.log_weights.exp().expand(count, -1)
        chosen = torch.multinomial(weights, 1, generator=generator)[:, 0]
        at = torch.arange(count, device=chosen.device) if cond is not None else torch.zeros_like(chosen)
        noise = torch.randn(count, self.size, 1, generator=generator, device=chosen.device, dtype=mixture.means.dtype)
        return mixture.means[at, chosen] + (mixture.factors[at, chosen] @ noise)[..., 0]

    @torch.no_grad()
    def denoiser(self, process: GaussianProcess) -> MixtureDenoiser:
        """E[x_0 | x_t] of data that follow the mixture, exactly; of experts without a condition."""
        mixture = self()
        covariances = mixture.factors @ mixture.factors.mT
        weights = mixture.log_weights.double().softmax(-1)[0]
        return MixtureDenoiser(process, weights, mixture.means[0].double(), covariances[0].double())


def points_of(
    x: Float[Tensor, "batch n"], cond: Tensor | None, log_joint: Callable[[Tensor], Tensor]
) -> Float[Tensor, "batch expert"]:
    """What a mixture for each point says, or the one mixture of all."""
    return log_joint(x[None])[0] if cond is None else log_joint(x[:, None])[:, 0]
