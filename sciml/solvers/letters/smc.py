"""Sequential Monte Carlo: particles move as they would without a reward, and those that promise little die out."""

from dataclasses import dataclass

from sciml.denoisers.letters import Categorical
from sciml.solvers.letters.particle_solver import ParticleSolver


@dataclass(frozen=True)
class SMC(ParticleSolver):
    """The law of the denoiser tilted by a reward; the reward needs no gradient. See `ParticleSolver`.

    One call of the network a particle and step: steps * particles for each sample, where one is kept of each prompt.

        x = particles_of(prompts.repeat_interleave(16, 0), 16)
        x = integrate(SMC(reward, alpha), denoiser, x, grid, generator=generator).drawn(generator)

    Reference: Singhal et al. (2025), arXiv 2501.06848, algorithm 1, with potentials by difference.
    """

    def target(self, posterior: Categorical) -> Categorical:
        return posterior
