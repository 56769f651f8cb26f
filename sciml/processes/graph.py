"""The process of graphs: node features and adjacency each corrupted on its own, symmetrically, and only where nodes are.

    x_t = alpha_t x_0 + sigma_t z,        z symmetric with z_ij ~ N(0, 1) for i < j, 0 on the diagonal and where padded.

A schedule that ends with alpha_1 > 0 keeps a trace of the data, which N(0, sigma_1^2) lacks: published models of graphs end
at alpha_1 = .76. A prior with the moments of the data makes up for it,

    x_1 = alpha_1 m + sqrt(alpha_1^2 v + sigma_1^2) z.

Reference: Jo, Lee and Hwang (2022), arXiv 2202.02514, equation 1 and section 3.1.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from sciml.numerics.graph_state import pair_mask, symmetrised
from sciml.numerics.noise import gaussian_noise
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.product import ProductProcess


@dataclass(frozen=True)
class GraphMoments:
    """Means and variances of a data set of graphs, over what is there.

    Args:
        x_mean: of each feature of the nodes.
        x_variance: of each feature.
        adj_mean: of the entries of the adjacency, edge or none.
        adj_variance: of these.
    """

    x_mean: tuple[float, ...]
    x_variance: tuple[float, ...]
    adj_mean: float
    adj_variance: float


class GraphProcess(ProductProcess):
    """Gaussian processes on `x` and `adj` of a `GraphState`.

    Args:
        x: of the node features.
        adj: of the adjacency.
        moments: of the data, which the prior is to have; by default the prior is pure noise.
    """

    def __init__(self, x: GaussianProcess, adj: GaussianProcess, moments: GraphMoments | None = None) -> None:
        super().__init__({"x": x, "adj": adj})
        self.moments = moments

    def noise(self, like: Any, *, generator: torch.Generator) -> Any:
        """See the module."""
        x, adj = gaussian_noise(like.x, generator), symmetrised(gaussian_noise(like.adj, generator))
        return replace(like, x=x * like.mask[..., None], adj=adj * pair_mask(like.mask))

    def noise_covariance(self, state: Any) -> Any:
        """As the noise at i, j is that at j, i, both entries count for the pair: A + A^T where pairs are, 0 elsewhere."""
        adj = (state.adj + state.adj.transpose(-1, -2)) * pair_mask(state.mask)
        return replace(state, x=state.x * state.mask[..., None], adj=adj)

    def prior(self, shape: Any, *, generator: torch.Generator) -> Any:
        """Draws from the law of x_1; `shape` gives mask, dtype and device."""
        if self.moments is None:
            return super().prior(shape, generator=generator)
        eps, m = self.noise(shape, generator=generator), self.moments
        x = _matched(self.parts["x"], eps.x, eps.x.new_tensor(m.x_mean), eps.x.new_tensor(m.x_variance))
        adj = _matched(self.parts["adj"], eps.adj, eps.adj.new_tensor(m.adj_mean), eps.adj.new_tensor(m.adj_variance))
        return replace(eps, x=x * shape.mask[..., None], adj=adj * pair_mask(shape.mask))


def _matched(process: GaussianProcess, eps: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    one = torch.ones((), dtype=torch.float64)
    alpha, sigma = process.alpha(one).item(), process.sigma(one).item()
    return alpha * mean + (alpha**2 * variance + sigma**2).sqrt() * eps
