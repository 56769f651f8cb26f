"""Particles: several weighted samples for each prompt, which stand for one law a prompt."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float64, Integer
from torch import Tensor

from sciml.numerics.resampling import effective_size, log_mean, systematic


@dataclass(frozen=True)
class Particles:
    """A state of samplers that weigh; see `particles_of`.

    Args:
        rows: letters, (prompt * particle, position), the particles of a prompt adjacent.
        log_weights: log w since the last resampling.
        banked: logarithm of the mean weights before it.
        resamplings: how often the particles of a prompt were resampled.
    """

    rows: Integer[Tensor, "row position"]
    log_weights: Float64[Tensor, "prompt particle"]
    banked: Float64[Tensor, " prompt"]
    resamplings: Integer[Tensor, " prompt"]

    @property
    def log_constant(self) -> Float64[Tensor, " prompt"]:
        """log Z of what the weights add to the law; of Z itself the estimate is unbiased."""
        return self.banked + log_mean(self.log_weights)

    def weighted(self, log_factor: Float64[Tensor, "prompt particle"]) -> "Particles":
        """The same particles, their weights multiplied."""
        return replace(self, log_weights=self.log_weights + log_factor)

    def resampled(self, threshold: float, generator: torch.Generator) -> tuple["Particles", Integer[Tensor, " row"]]:
        """Where the effective size of a prompt is below this share of its particles, these drawn anew, of equal weight.

        Prompts do not mix, and the generator is used alike whether one is resampled or not: what becomes of a prompt does
        not depend on the others.

        Returns:
            The particles, and the row that each comes from.
        """
        prompts, count = self.log_weights.shape
        low = effective_size(self.log_weights) < threshold * count
        own = torch.arange(count, device=low.device).expand(prompts, count)
        chosen = torch.where(low[:, None], systematic(self.log_weights, count, generator), own)
        source = (chosen + count * torch.arange(prompts, device=low.device)[:, None]).flatten()
        weights = torch.where(low[:, None], 0.0, self.log_weights)
        banked = torch.where(low, self.log_constant, self.banked)
        return Particles(self.rows[source], weights, banked, self.resamplings + low), source

    def drawn(self, generator: torch.Generator, count: int = 1) -> Integer[Tensor, "sample position"]:
        """So many samples of each prompt, (prompt * count, position), in proportion to the weights.

        Args:
            generator: source of randomness.
            count: at least 1; beyond that samples of a prompt depend on each other, and may be the same particle.
        """
        chosen = systematic(self.log_weights, count, generator)
        first = self.log_weights.shape[1] * torch.arange(len(chosen), device=chosen.device)
        return self.rows[(chosen + first[:, None]).flatten()]


def particles_of(rows: Integer[Tensor, "row position"], particles: int) -> Particles:
    """Particles of equal weight.

    Args:
        rows: (prompt * particles, position), those of a prompt adjacent: `prompts.repeat_interleave(particles, 0)`, or draws
            of the prior. A condition that varies from row to row is to be repeated likewise.
        particles: of each prompt, at least 1.

    Raises:
        ValueError: if the rows cannot be shared out.
    """
    if particles < 1 or len(rows) % particles:
        raise ValueError(f"`particles` must divide the {len(rows)} rows, got {particles}")
    prompts = len(rows) // particles
    weights = torch.zeros(prompts, particles, dtype=torch.float64, device=rows.device)
    return Particles(rows, weights, weights[:, 0], torch.zeros_like(weights[:, 0], dtype=torch.long))
