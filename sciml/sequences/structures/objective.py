"""What a generator of sequences for structures is trained with: the bound of the log-likelihood, given the structure."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor, nn

from sciml.denoisers.letters import LetterDenoiser
from sciml.losses.letters import negative_log_likelihood
from sciml.nets.structure_graph import StructureGraph, union
from sciml.sequences.structures.backbone import Backbone
from sciml.sequences.structures.features import structure_graph


class InverseFoldingObjective(nn.Module):
    """Nats a letter, called as objective(generator, index of each structure of the batch).

    The structures of a batch are one graph of parts that hear nothing of each other, and their sequences, joined, one row.

    Args:
        denoiser: in training; its network takes a StructureGraph as condition.
        backbones: structures with their native sequences.
        neighbours: of the graphs.
        copies: rows, each masked anew.
        noise: deviation of normal noise on the coordinates, in Angstrom, drawn anew each time.
    """

    def __init__(
        self, denoiser: LetterDenoiser, backbones: Sequence[Backbone], neighbours: int, copies: int = 8, noise: float = 0.0
    ) -> None:
        super().__init__()
        self.denoiser, self.backbones = denoiser, tuple(backbones)
        self.neighbours, self.copies, self.noise = neighbours, copies, noise
        self.graphs = () if noise else tuple(structure_graph(each, neighbours) for each in self.backbones)

    def forward(self, generator: Generator, index: Integer[Tensor, " structure"]) -> Float[Tensor, ""]:
        chosen = index.tolist()
        tokens = torch.cat([self.backbones[k].tokens for k in chosen], 1).long().to(index.device)
        graph = union([self._graph(k, generator) for k in chosen]).to(index.device)
        rows = tokens.expand(self.copies, -1)
        return negative_log_likelihood(self.denoiser, rows, generator=generator, cond=graph).mean() / tokens.shape[1]

    def _graph(self, k: int, generator: Generator) -> StructureGraph:
        if not self.noise:
            return self.graphs[k]
        still = self.backbones[k].coordinates
        drawn = torch.randn(still.shape, generator=generator, device=generator.device, dtype=still.dtype)
        return structure_graph(self.backbones[k], self.neighbours, noise=self.noise * drawn.cpu())
