"""DRAKES for several structures at once: one network, fine-tuned for a reward on each."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor, nn

from sciml.denoisers.letters import LetterDenoiser
from sciml.denoisers.reward import Reward
from sciml.finetuning.drakes import DrakesObjective, Steering
from sciml.sequences.structures.backbone import Backbone
from sciml.sequences.structures.train import generator_for


class StructuresObjective(nn.Module):
    """Mean of `DrakesObjective` over the structures of a batch, called as objective(generator, index of each structure).

    Args:
        denoiser: in training; its network takes a StructureGraph as condition.
        reference: where it began; takes no gradient.
        backbones: structures to find sequences for.
        rewards: of each structure, differentiable, of one-hot letters.
        neighbours: of the graphs, as in training.
        steering: how rollouts are made and weighed.
        copies: rollouts of each structure of a batch.
    """

    def __init__(
        self,
        denoiser: LetterDenoiser,
        reference: LetterDenoiser,
        backbones: Sequence[Backbone],
        rewards: Sequence[Reward],
        neighbours: int,
        steering: Steering,
        copies: int = 8,
    ) -> None:
        super().__init__()
        self.lengths, self.copies = [len(backbone) for backbone in backbones], copies
        both = [[generator_for(each, one, neighbours).denoiser for each in (denoiser, reference)] for one in backbones]
        self.parts = nn.ModuleList(
            DrakesObjective(ours, theirs, reward, steering) for (ours, theirs), reward in zip(both, rewards, strict=True)
        )
        self.process = denoiser.process

    def forward(self, generator: Generator, index: Integer[Tensor, " structure"]) -> Float[Tensor, ""]:
        losses = [
            self.parts[k](generator, self.process.prior((self.copies, self.lengths[k]), generator=generator))
            for k in index.tolist()
        ]
        return torch.stack(losses).mean()
