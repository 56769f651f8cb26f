"""DRAKES for several structures at once: one network, fine-tuned for a reward on each."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor, nn

from sciml.denoisers.letters import LetterDenoiser
from sciml.denoisers.reward import Reward, rewards
from sciml.finetuning.drakes import DrakesObjective, Steering
from sciml.sequences.structures.backbone import Backbone
from sciml.sequences.structures.features import structure_graph


class StructuresObjective(nn.Module):
    """Mean of `DrakesObjective` over the structures of a batch, called as objective(generator, index of each structure).

    There is one reference, and one alpha. With a target it is adapted at each structure of a batch in turn: divergences are
    about the target on average, those of long chains above it.

    Args:
        denoiser: in training; its network takes a StructureGraph as condition.
        reference: where it began; a copy is kept, which takes no gradient.
        backbones: structures to find sequences for.
        rewards: of each structure, differentiable, of one-hot letters.
        neighbours: of the graphs, as in training.
        steering: how rollouts are made and weighed.
        copies: rollouts of each structure of a batch.

    Attributes:
        seen: means of reward and divergence over the structures of the last batch.
    """

    seen: Tensor

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
        if len(rewards) != len(backbones):
            raise ValueError(f"`rewards` must be {len(backbones)}, one for each structure, got {len(rewards)}")
        self.lengths, self.copies = [len(backbone) for backbone in backbones], copies
        self.graphs = tuple(structure_graph(each, neighbours) for each in backbones)
        self._reward = _OneOf(rewards)
        self.each = DrakesObjective(denoiser, reference, self._reward, steering)
        self.process = denoiser.process
        self.register_buffer("seen", torch.zeros(2))

    def forward(self, generator: Generator, index: Integer[Tensor, " structure"]) -> Float[Tensor, ""]:
        losses, seen = zip(*(self._of(k, generator) for k in index.tolist()), strict=True)
        self.seen.copy_(torch.stack(seen).mean(0))
        return torch.stack(losses).mean()

    def observed(self) -> dict[str, float]:
        """What a log of the training says beside the loss."""
        reward, divergence = self.seen.tolist()
        return {"reward": reward, "divergence": divergence, "alpha": float(self.each.alpha)}

    def _of(self, k: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """The loss of one structure, and what was seen of it."""
        prompts = self.process.prior((self.copies, self.lengths[k]), generator=generator)
        self._reward.current = k
        loss = self.each(generator, prompts, self.graphs[k].to(prompts.device))
        return loss, self.each.seen.clone()


class _OneOf:
    """The reward of the structure that is at hand."""

    def __init__(self, every: Sequence[Reward]) -> None:
        self.every, self.current = tuple(every), 0

    def __call__(self, x: Float[Tensor, "batch position letter"]) -> Float[Tensor, " batch"]:
        return rewards(self.every[self.current], x)
