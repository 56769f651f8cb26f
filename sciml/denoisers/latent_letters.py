"""Letters that depend on each other through a latent: mixtures of independent letters.

    p(x_0 | x_t) = 1/M sum over lambda of  prod_i p_i(x_0,i | x_t, lambda).

Given lambda positions are independent, and a network is asked once for all of them; the correlations of a step are those
that lambda, drawn for the whole step, brings. With M = 1 it is any denoiser of letters.

Reference: Hayakawa et al. (2024), arXiv 2410.08709, section 3, with a continuous lambda; a finite one lets sums be exact.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor, nn

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import Categorical
from sciml.numerics.broadcasting import sample_times
from sciml.processes.jump import JumpProcess

FLOOR = -1e4  # log of 0, finite: sums over latents have no gradient where all of them are minus infinity


@dataclass(frozen=True)
class LatentLetters:
    """A mixture of `Categorical`, each asked for only when it is needed.

    Who knows nothing of latents and reads `mean` gets the marginals, at the cost of all M.

    Args:
        latents: M.
        given: letters given one latent for each sample, from 0 to M - 1; or several, those of a sample adjacent.
        batch: number of samples.
        device: of the samples.
    """

    latents: int
    given: Callable[[Integer[Tensor, " row"]], Categorical]
    batch: int
    device: torch.device

    @property
    def components(self) -> Float[Tensor, "batch latent position letter"]:
        """Log-probabilities given each latent."""
        every = torch.arange(self.latents, device=self.device).repeat(self.batch)
        return self.given(every).log_probabilities.unflatten(0, (self.batch, self.latents))

    @property
    def log_probabilities(self) -> Float[Tensor, "batch position letter"]:
        """Of each position by itself."""
        return self.components.logsumexp(1) - math.log(self.latents)

    @property
    def mean(self) -> Float[Tensor, "batch position letter"]:
        """Probabilities of each position by itself."""
        return self.log_probabilities.exp()


class LatentDenoiser(Denoiser):
    """p(x_0 | x_t) as a mixture.

    Args:
        net: called as net(x, t, lambda), x one-hot (batch, position, vocabulary), t and lambda (batch,), or as
            net(x, t, (cond, lambda)) where there is a condition, a tensor; returns logits (batch, position, letter).
        process: of the teacher.
        latents: M, at least 1.
        base: logits are added to what this denoiser says, such as the teacher, which the student then begins as; takes no
            gradient and is asked once for all latents. None: the net says all.
    """

    process: JumpProcess

    def __init__(self, net: nn.Module, process: JumpProcess, latents: int, base: Denoiser | None = None) -> None:
        super().__init__(process)
        if latents < 1:
            raise ValueError(f"`latents` must be at least 1, got {latents}")
        self.net, self.latents, self._base = net, latents, (base,)

    def forward(self, x_t: Integer[Tensor, "batch position"], t: Tensor, cond: Tensor | None = None) -> LatentLetters:
        x = F.one_hot(x_t, self.process.vocabulary).to(torch.get_default_dtype())
        known, times = self._known(x_t, t, cond), sample_times(t, x).to(x.dtype)

        def given(latent: Integer[Tensor, " row"]) -> Categorical:
            each = len(latent) // len(x)
            inputs = [value.repeat_interleave(each, 0) for value in (x, times, known)]
            told = latent if cond is None else (cond.repeat_interleave(each, 0), latent)
            return Categorical((self.net(*inputs[:2], told).float() + inputs[2]).log_softmax(-1))

        return LatentLetters(self.latents, given, len(x), x.device)

    @torch.no_grad()
    def _known(self, x_t: Tensor, t: Tensor, cond: Any) -> Tensor:
        """What the base says; without one, what a position knows of itself."""
        base = self._base[0]
        found = self.process.evidence(x_t, t) if base is None else base.to(x_t.device)(x_t, t, cond).log_probabilities
        return found.float().clamp(min=FLOOR)


class Given(Denoiser):
    """A denoiser of `LatentLetters` with its latents bound: a denoiser of independent letters.

    Args:
        denoiser: says `LatentLetters`.
        latent: of each sample, or of all.
    """

    def __init__(self, denoiser: Denoiser, latent: Integer[Tensor, " batch"] | int) -> None:
        super().__init__(denoiser.process)
        self.denoiser, self.latent = denoiser, latent

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Categorical:
        """p(x_0 | x_t, lambda).

        Raises:
            TypeError: the denoiser knows no latents.
        """
        said = self.denoiser(x_t, t, cond)
        if not isinstance(said, LatentLetters):
            raise TypeError(f"`denoiser` must say LatentLetters, got {type(said).__name__}")
        if isinstance(self.latent, int):
            return said.given(torch.full((len(x_t),), self.latent, device=x_t.device))
        return said.given(self.latent)
