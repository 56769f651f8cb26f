"""Graphs whose entries are independent Gaussians: their exact denoiser and its flow."""

from typing import Any

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.numerics.broadcasting import broadcast_time
from sciml.numerics.graph_state import GraphState
from sciml.processes.graph import GraphProcess
from sciml.processes.parts import map_parts

VARIANCES = {"x": 0.3, "adj": 0.1}


class GaussianGraphs(Denoiser):
    """Says the posterior mean."""

    def forward(self, x_t: Any, t: Tensor, cond: Any = None) -> Dirac[Any]:
        def shrunk(part, x: Tensor, variance: Tensor) -> Tensor:
            alpha, sigma = (f(broadcast_time(t, x)) for f in (part.alpha, part.sigma))
            return (alpha * variance / (alpha**2 * variance + sigma**2)).to(x) * x

        return Dirac(map_parts(self.process, shrunk, x_t, GraphState(*variances(x_t), x_t.mask)))


def variances(like: GraphState) -> tuple[Tensor, Tensor]:
    return torch.full_like(like.x, VARIANCES["x"]), torch.full_like(like.adj, VARIANCES["adj"])


def graph_flow(process: GraphProcess, x_1: GraphState, s: Tensor) -> GraphState:
    """Where the flow from 1 is at time s, one for all or one for each."""

    def scaled(part, x: Tensor, variance: Tensor) -> Tensor:
        before, after = (part.alpha(t) ** 2 * variance + part.sigma(t) ** 2 for t in (torch.ones(()), broadcast_time(s, x)))
        return x * (after / before).sqrt()

    return map_parts(process, scaled, x_1, GraphState(*variances(x_1), x_1.mask))


def blank(count: int) -> GraphState:
    """Graphs of three nodes and of two, in turn, all zero."""
    mask = torch.tensor([[True, True, True], [True, True, False]]).repeat(count // 2, 1)
    return GraphState(torch.zeros(count, 3, 2).double(), torch.zeros(count, 3, 3).double(), mask)
