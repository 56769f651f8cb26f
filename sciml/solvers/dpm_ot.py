"""DPM-OT: optimal transport takes a noise to a data point, and a solver only the last of the way from there.

Semi-discrete transport from a law mu that can be sampled to n points y_i of mass 1/n, at the cost |x - y|^2, is the gradient
of Brenier's potential u(x) = max_i <x, y_i> + h_i: a noise goes to the point that attains it, and the heights h minimise

    E_mu u(x) - mean_i h_i,      whose gradient is the share of each cell less 1/n.

It jumps from point to point, and so need not pass between modes. Its target is then corrupted to a time t_start, where the
modes are still apart but the points no longer are, and any solver goes on from there.

Between the points the map is extended as in the paper: a noise goes to the mean of the targets of several cells near it,
weighted by the inverse distance to their centres, without those that see its own target at too wide an angle, where another
mode would begin.

Reference: Li et al. (2023), arXiv 2307.11308 (DPM-OT); their targets lie at t_start already, ours are data, so
that one map serves every t_start. An et al. (2020), AE-OT, for the heights by Adam.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from sciml.processes.gaussian import GaussianProcess

Sampler = Callable[[int, torch.Generator], Tensor]


@dataclass(frozen=True, eq=False)
class SemiDiscreteTransport:
    """The transport map to a set of points.

    Args:
        points: y, the targets, each of the same mass.
        heights: h, of mean 0.
        centres: mean of the noise in each cell; NaN where none was seen.
    """

    points: Float[Tensor, "targets *space"]
    heights: Float[Tensor, " targets"]
    centres: Float[Tensor, "targets *space"]

    @classmethod
    def fit(
        cls,
        points: Float[Tensor, "targets *space"],
        sampler: Sampler,
        *,
        generator: torch.Generator,
        iterations: int = 1000,
        batch: int = 2048,
        rate: float = 0.1,
    ) -> "SemiDiscreteTransport":
        """Fits the heights by Adam on fresh draws, then the centres on as many as fifty of its batches.

        Args:
            points: targets.
            sampler: draws (batch, *space) of mu from a generator, such as normalised noise.
            generator: source of randomness.
            iterations: steps of Adam, at least 1.
            batch: draws of each.
            rate: learning rate in units of |x| |y|, lowered to a hundredth along a cosine.

        Returns:
            The map; how near it is to the optimum `cost` tells.
        """
        if len(points) < 2:
            raise ValueError(f"`points` must hold at least 2, got {len(points)}")
        if iterations < 1:
            raise ValueError(f"`iterations` must be at least 1, got {iterations}")
        flat, heights = points.flatten(1), torch.zeros(len(points), dtype=points.dtype, device=points.device)
        optimizer = torch.optim.Adam([heights], rate * float(flat.std()), betas=(0.9, 0.99))
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, iterations, rate * float(flat.std()) / 100)
        for _ in range(iterations):
            cells = _cells(sampler(batch, generator).flatten(1), flat, heights)
            heights.grad = torch.bincount(cells, minlength=len(points)).to(heights) / len(cells) - 1 / len(points)
            optimizer.step()
            schedule.step()
        heights = heights - heights.mean()
        seen = torch.cat([sampler(batch, generator).flatten(1) for _ in range(min(iterations, 50))])
        return cls(points, heights, _means(seen, _cells(seen, flat, heights), len(points)).reshape(points.shape))

    def assign(self, x: Float[Tensor, "batch *space"]) -> Int64[Tensor, " batch"]:
        """The target of each noise."""
        return _cells(x.flatten(1), self.points.flatten(1), self.heights)

    def cost(self, x: Float[Tensor, "batch *space"]) -> float:
        """Mean |x - y|^2 of the transport by duality: never above the least cost for the law of x, and that at the optimum.

        Args:
            x: draws of mu.
        """
        flat, points = x.flatten(1), self.points.flatten(1)
        potential = (flat @ points.T + self.heights).max(1).values.mean() - self.heights.mean()
        return float(flat.square().sum(1).mean() + points.square().sum(1).mean() - 2 * potential)

    def map(
        self, x: Float[Tensor, "batch *space"], *, neighbours: int = 1, min_cosine: float = 0.9
    ) -> Float[Tensor, "batch *space"]:
        """Where each noise goes.

        Args:
            x: noise.
            neighbours: cells to take the mean of, at least 1; with 1 every noise goes to one of the points.
            min_cosine: least cosine of the angle between the target and another that enters the mean, in [-1, 1].
        """
        if not 1 <= neighbours <= len(self.points):
            raise ValueError(f"`neighbours` must lie in [1, {len(self.points)}], the number of points, got {neighbours}")
        flat, points, centres = x.flatten(1), self.points.flatten(1), self.centres.flatten(1)
        near = (flat @ points.T + self.heights).topk(neighbours, dim=1).indices
        targets = points[near]
        weights = (1 / (flat[:, None] - centres[near]).norm(dim=2).clamp(min=1e-12)).nan_to_num(0.0)
        cosine = torch.nn.functional.cosine_similarity(targets, targets[:, :1], dim=2)
        weights = torch.where(cosine >= min_cosine, weights, 0.0)
        weights[:, 0] = torch.where(weights.sum(1) > 0, weights[:, 0], 1.0)  # alone in a cell whose centre is not known
        shares = weights / weights.sum(1, keepdim=True)
        return torch.einsum("bk,bkn->bn", shares, targets).reshape(x.shape)


def transport_start(
    process: GaussianProcess,
    transport: SemiDiscreteTransport,
    x: Float[Tensor, "batch *space"],
    t_start: float,
    *,
    generator: torch.Generator,
    neighbours: int = 1,
) -> Float[Tensor, "batch *space"]:
    """States at t_start, from which any solver goes on: the targets of the noise x, corrupted.

    Args:
        process: the forward process.
        transport: from the law of x to data.
        x: noise.
        t_start: in (0, 1]; where modes are still apart, and points no longer are.
        generator: source of the fresh noise.
        neighbours: see `SemiDiscreteTransport.map`.
    """
    if not 0 < t_start <= 1:
        raise ValueError(f"`t_start` must lie in (0, 1], got {t_start}")
    t = torch.tensor(t_start, dtype=torch.float64)
    return process.perturb(transport.map(x, neighbours=neighbours), t, generator=generator)


def _cells(x: Tensor, points: Tensor, heights: Tensor) -> Tensor:
    return (x @ points.T + heights).argmax(1)


def _means(x: Tensor, cells: Tensor, n: int) -> Tensor:
    """The mean of each cell; NaN where there is none."""
    total = torch.zeros(n, x.shape[1], dtype=x.dtype, device=x.device).index_add_(0, cells, x)
    return total / torch.bincount(cells, minlength=n).to(x)[:, None]
