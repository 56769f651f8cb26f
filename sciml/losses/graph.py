"""What denoisers of graphs are trained with, as modules called as objective(generator, *batch).

A batch is clean data as three tensors: x, adj and mask of a `GraphState`, or the categories of nodes and of pairs and the
mask; a fourth, where there is one, is the condition. Noise and losses are of what is there only: nodes, and pairs i < j of
nodes.

Reference: Jo, Lee and Hwang (2022), arXiv 2202.02514, equation 6; Vignac et al. (2023), arXiv 2209.14734, equation 4.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Generator, Tensor, nn

from sciml.denoisers.graph import CategoricalGraphDenoiser, GraphNetworkDenoiser, GraphScoreDenoiser
from sciml.losses.times import focused_times, uniform_times
from sciml.numerics.broadcasting import broadcast_time
from sciml.numerics.graph_state import GraphState, pair_mask
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parameterisation import compose


class GraphScoreObjective(nn.Module):
    """The published loss: for each graph half the sum over x and over adj of (sigma_t score + z)^2, t uniform.

    Args:
        denoiser: in training.
        t_min: shortest time.
    """

    def __init__(self, denoiser: GraphScoreDenoiser, t_min: float = 1e-5) -> None:
        super().__init__()
        self.denoiser, self.times = denoiser, uniform_times(t_min)

    def forward(self, generator: Generator, x: Tensor, adj: Tensor, mask: Tensor) -> Float[Tensor, ""]:
        process, x_0 = self.denoiser.process, trimmed(GraphState(x, adj, mask))
        t, eps = self.times(len(x), generator), process.noise(x_0, generator=generator)
        scores = self.denoiser.scores(process.interpolate(x_0, eps, t), t)

        def squared(part: GaussianProcess, score: Tensor, z: Tensor) -> Tensor:
            return (part.sigma(broadcast_time(t, z)).to(z.dtype) * score + z) ** 2

        errors = process.map(squared, scores, eps)
        return (errors.x.sum() + errors.adj.sum()) / (2 * len(x))


class _GraphObjective(nn.Module):
    """A loss over nodes plus one over pairs.

    Args:
        denoiser: in training.
        pair_weight: of the mean over pairs.
        focus: share of the times at the noise levels of `focused_times`, of the adjacency's process; others are uniform.
        untold: share of the graphs whose condition is not told.
    """

    def __init__(
        self,
        denoiser: GraphNetworkDenoiser | CategoricalGraphDenoiser,
        pair_weight: float = 1.0,
        focus: float = 0.0,
        untold: float = 0.0,
    ) -> None:
        super().__init__()
        self.denoiser, self.pair_weight, self.untold = denoiser, pair_weight, untold
        t_min = max(part.t_min for part in denoiser.process.parts.values())
        self.times = focused_times(denoiser.process.parts["adj"], t_min or 1e-3, focus)


class GraphDenoisingObjective(_GraphObjective):
    """Mean square error of what the network predicts, over nodes and over pairs; arguments as of `_GraphObjective`."""

    denoiser: GraphNetworkDenoiser

    def forward(
        self, generator: Generator, x: Tensor, adj: Tensor, mask: Tensor, cond: Tensor | None = None
    ) -> Float[Tensor, ""]:
        process, x_0 = self.denoiser.process, trimmed(GraphState(x, adj, mask))
        t, eps = self.times(len(x), generator), process.noise(x_0, generator=generator)
        said = self.denoiser.predict(process.interpolate(x_0, eps, t), t, _partly(cond, self.untold, generator))

        def squared(part: GaussianProcess, prediction: Tensor, data: Tensor, z: Tensor) -> Tensor:
            return (prediction - compose(part, self.denoiser.parameterisation, data, z, t)) ** 2

        errors = process.map(squared, said, x_0, eps)
        return _mean(errors.x[x_0.mask]) + self.pair_weight * _mean(errors.adj[pairs_once(x_0.mask)])


class GraphCategoricalObjective(_GraphObjective):
    """Cross entropy of the categories, over nodes and over pairs; arguments as of `_GraphObjective`."""

    denoiser: CategoricalGraphDenoiser

    def forward(
        self, generator: Generator, nodes: Tensor, pairs: Tensor, mask: Tensor, cond: Tensor | None = None
    ) -> Float[Tensor, ""]:
        """`nodes` and `pairs` are the categories."""
        denoiser, process = self.denoiser, self.denoiser.process
        size = int(mask.sum(1).max())
        nodes, pairs, mask = nodes[:, :size].long(), pairs[:, :size, :size].long(), mask[:, :size]
        x_0 = denoiser.coded(nodes, pairs, mask)
        t = self.times(len(nodes), generator)
        seen = process.perturb(x_0, t, generator=generator)
        x, adj = denoiser.logits(seen, t, _partly(cond, self.untold, generator))
        chosen = pairs_once(mask)
        loss = F.cross_entropy(x[mask], nodes[mask])
        return loss + self.pair_weight * _mean(F.cross_entropy(adj[chosen], pairs[chosen], reduction="none"))


def _partly(cond: Tensor | None, untold: float, generator: Generator) -> Tensor | None:
    """The condition, 0 throughout where it is not told."""
    if cond is None or not untold:
        return cond
    return cond * (torch.rand(len(cond), 1, generator=generator, device=cond.device) >= untold)


def _mean(losses: Tensor) -> Float[Tensor, ""]:
    """The mean; 0 of none, as of the pairs of graphs of single nodes."""
    return losses.sum() / max(losses.numel(), 1)


def trimmed(state: GraphState) -> GraphState:
    """Without what is padding in every graph of the batch."""
    size = int(state.mask.sum(1).max())
    return GraphState(state.x[:, :size], state.adj[:, :size, :size], state.mask[:, :size])


def pairs_once(mask: Bool[Tensor, "batch node"]) -> Bool[Tensor, "batch node node"]:
    """The pairs i < j of nodes that are there."""
    return pair_mask(mask).triu()
