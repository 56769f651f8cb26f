"""A trained generator of sequences: an alphabet, a length, and the denoiser."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from sciml.denoisers.autocast import Autocast
from sciml.denoisers.counting_states import CountingStates
from sciml.denoisers.latent_letters import LatentDenoiser
from sciml.denoisers.letters import LetterDenoiser
from sciml.losses.letters import log_likelihood
from sciml.sequences.data.sequence_set import SequenceSet
from sciml.sequences.steering import Way
from sciml.sequences.student import Student
from sciml.solvers.grids import Grid, uniform_grid


@dataclass(frozen=True)
class Generated:
    """What was sampled.

    Args:
        sequences: that were made.
        nfe: network calls for each of them, those of what was thrown away among them.
    """

    sequences: SequenceSet
    nfe: int


class SequenceGenerator(nn.Module):
    """Generates sequences as long as those of its training set.

    Args:
        denoiser: of letters; of a student by Di4C a mixture.
        alphabet: the letters.
        length: of a sequence.
        classes: that a sample can be asked to have; 0 if none.

    Attributes:
        precision: that its network was trained in, '32' or 'bf16'.
        student: the sampler that belongs to it, where it was distilled.
    """

    student: Student | None

    def __init__(self, denoiser: LetterDenoiser | LatentDenoiser, alphabet: str, length: int, classes: int = 0) -> None:
        super().__init__()
        self.denoiser, self.alphabet, self.length, self.classes = denoiser, alphabet, length, classes
        self.precision, self.student = "32", None

    @property
    def plain(self) -> LetterDenoiser:
        """Its denoiser, where it is no mixture."""
        assert isinstance(self.denoiser, LetterDenoiser)
        return self.denoiser

    def grid(self, steps: int) -> Grid:
        """The times of a student's own steps; of any other model, equal ones."""
        return uniform_grid(self.denoiser.process, steps) if self.student is None else self.student.grid.cpu()

    def prompts(self, count: int, generator: Generator) -> Tensor:
        """States that sampling begins with."""
        return self.denoiser.process.prior((count, self.length), generator=generator)

    @torch.no_grad()
    def sample(
        self,
        count: int,
        way: Way,
        steps: int,
        *,
        generator: Generator,
        cond: Tensor | None = None,
        batch: int = 640,
    ) -> Generated:
        """New sequences; the network is called in the precision that it was trained in.

        Args:
            count: sequences.
            way: from prompts to sequences.
            steps: of equal length in t; a student has its own.
            generator: source of randomness, on the device of the model.
            cond: class of each sequence, (count,).
            batch: sequences begun together, at most.

        Raises:
            ValueError: classes are asked for and the network was told none.
        """
        if cond is not None and not self.classes:
            raise ValueError("`cond` must be None: the network was trained without classes and would not heed it")
        grid, parts = self.grid(steps), []
        counting = CountingStates(Autocast(self.denoiser, self.precision))
        for first in range(0, count, batch):
            x = self.prompts(min(batch, count - first), generator)
            asked = None if cond is None else cond[first : first + batch]
            parts.append(way(counting, x, grid, asked, generator))
        tokens = torch.cat(parts).to("cpu", torch.uint8)
        return Generated(SequenceSet(tokens, self.alphabet), round(counting.states / count))

    @torch.no_grad()
    def log_likelihood(self, sequences: SequenceSet, *, draws: int, generator: Generator, batch: int = 64) -> Tensor:
        """A lower bound of the log-likelihood of each sequence, in nats, by so many draws of noise each."""
        parts = [
            log_likelihood(self.denoiser, part.long().to(generator.device), generator=generator, draws=draws)
            for part in sequences.tokens.split(batch)
        ]
        return torch.cat(parts).cpu()
