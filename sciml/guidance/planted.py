"""Planted data: part of what is generated is known, and kept as it is.

    x_0(x_t) = known where it is known, E[x_0 | x_t] elsewhere.

DDPM, and DDIM with any eta, then take the known part along the forward process of the known data: the denoiser sees it under
the noise of each time, and at sigma = 0 it is there to the last bit. The other exponential integrators end there too, up to
rounding; Euler's, Heun's and S4's steps end beside it, by their own error. A last denoising puts it there after any solver.

It is exact, in the sense that what is generated follows p(unknown | known), where the two are independent. Else it is not,
with whatever number of steps: the denoiser is told of the known part only as far as the noise of each time lets it see, so
early steps heed it too little, and what is generated fits it less well than it should, most where the two depend on each
other strongly: for two standard normals of correlation .9, one of them known to be 1.5, the other has mean .93 where 1.35 is
right. Langevin corrections at each time (`PredictorCorrector`) bring them nearer, as RePaint's resampling does: four a step,
over 200 steps, to 1.30.

Reference: Song et al. (2021), arXiv 2011.13456, appendix I.2; Lugmayr et al. (2022), RePaint, arXiv 2201.09865, algorithm 1,
whose known part is drawn anew at each time, ours in one trajectory; Trippe et al. (2023), arXiv 2206.04119, section 3, for
what is left of the error.
"""

from typing import Any

import torch
from jaxtyping import Bool
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.numerics.graph_state import GraphState, pair_mask
from sciml.processes.gaussian import GaussianProcess
from sciml.processes.parts import map_parts


class Planted(Denoiser):
    """Says what is known where it is known; see the module.

    Args:
        denoiser: of the rest; states may be structured.
        known: clean data in the representation of the model, whatever where they are not known; a state that broadcasts to
            the sampled.
        where: which numbers are known, a tensor of bools or a state of the same kind, not 0 where they are; for graphs see
            `scaffold`.
    """

    def __init__(self, denoiser: Denoiser, known: Any, where: Any) -> None:
        super().__init__(denoiser.process)
        self.denoiser, self.known, self.where = denoiser, known, where

    def forward(self, x_t: Any, t: Tensor, cond: Any = None) -> Dirac[Any]:
        """The posterior mean, the known data planted in it."""

        def plant(_: GaussianProcess, mean: Tensor, known: Tensor, where: Tensor) -> Tensor:
            return torch.where(where.to(mean.device) != 0, known.to(mean), mean)

        return Dirac(map_parts(self.process, plant, self.denoiser(x_t, t, cond).mean, self.known, self.where))


def scaffold(known: GraphState, nodes: Bool[Tensor, "batch node"]) -> GraphState:
    """Where a substructure is known: some nodes, and all pairs of them, edges or none.

    Args:
        known: graphs that hold it.
        nodes: which nodes it is made of.

    Raises:
        ValueError: a node that is none of its graph.
    """
    if (nodes & ~known.mask).any():
        graph, node = (nodes & ~known.mask).nonzero()[0].tolist()
        raise ValueError(f"`nodes` must be nodes of their graphs: graph {graph} has no node {node}")
    chosen = nodes[..., None].to(known.x).expand_as(known.x)
    return GraphState(chosen, pair_mask(nodes).to(known.adj), known.mask)
