"""The twisted diffusion sampler: particles move as guided, and their weights make up for it exactly."""

from dataclasses import dataclass

from sciml.denoisers.letters import Categorical
from sciml.denoisers.tilted import Tilted
from sciml.solvers.letters.particle_solver import ParticleSolver


@dataclass(frozen=True)
class TDS(ParticleSolver):
    """The law of the plain denoiser tilted by a reward, from the proposals of a guided one. See `ParticleSolver`.

    The denoiser integrated says both, as guidance by `LetterLookAhead` and `LetterClassifierGuided` does at one call of the
    network, and `Proposing` for any two denoisers at two. Given x_t positions are independent, so p / q is a product over
    them, and exact.

    One call of the network a particle and step, and what the guidance costs beyond it.

        guided = LetterLookAhead(denoiser, reward, alpha)
        x = integrate(TDS(reward, alpha), guided, x, grid, generator=generator).drawn(generator)

    Reference: Wu et al. (2023), arXiv 2306.17775, algorithm 1.
    """

    def target(self, posterior: Categorical) -> Categorical:
        """The plain letters.

        Raises:
            TypeError: if the denoiser does not say them.
        """
        if not isinstance(posterior, Tilted):
            raise TypeError(
                f"`denoiser` must be guided and say what is plain, a Tilted posterior, got {type(posterior).__name__}; "
                "see LetterLookAhead, LetterClassifierGuided and Proposing"
            )
        return posterior.plain
