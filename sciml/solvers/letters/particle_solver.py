"""Sequential Monte Carlo over the steps of a sampler: what is common to SMC and TDS.

Particles move by a proposal q and carry weights, so that at the end they stand for p(x_0) exp(r(x_0) / alpha), p the law of
the sampler's own steps. On the way from t to s a particle's weight is multiplied by

    exp( V(x_t) - V(before) )  p(x_s | x_t) / q(x_s | x_t),

V the estimate of `sciml.denoisers.reward`, 0 before the first step and r / alpha itself at the end. The values on the way
cancel, so they may be as wrong as can be: all they decide is which particles survive. The estimate of Z, the mean of
exp(r / alpha) under p, is unbiased for any number of particles; the law of one particle drawn by its weight has an error
that falls as their number grows.

Particles are resampled, by prompt, only where their effective size has fallen below a share of their number. Each step costs
a call of the denoiser for each particle and none more: what it says at x_t serves the value and the move.

Reference: Wu et al. (2023), arXiv 2306.17775, algorithm 1; Singhal et al. (2025), arXiv 2501.06848, algorithm 1; Del Moral,
Doucet and Jasra (2012), doi 10.3150/10-BEJ335, for resampling by effective size.
"""

from abc import abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import Categorical, jump_process
from sciml.denoisers.reward import Reward, foreseen, positive, rewards_of_letters
from sciml.numerics.letters import draw
from sciml.processes.jump import NextProbabilities
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.particles import Particles
from sciml.solvers.letters.solver import LetterSolver
from sciml.solvers.solver import Solver, required

ANCESTRAL = Ancestral()
Values = Float64[Tensor, "prompt particle"]


@dataclass(frozen=True)
class ParticleSolver(Solver[Particles, Values]):
    """See the module; the grid must end in the data.

    Args:
        reward: r, of one-hot vectors or mixtures of such, (batch, position, letter).
        alpha: in units of the reward a nat, positive.
        solver: whose steps particles take, of one stage.
        draws: of x_0 that a value is averaged over; 0 is the reward of the posterior mean.
        threshold: share of the particles, in [0, 1], below which their effective size has them resampled; 0 is never.
    """

    reward: Reward
    alpha: float
    solver: LetterSolver = ANCESTRAL
    draws: int = 0
    threshold: float = 0.5

    def __post_init__(self) -> None:
        positive(self.alpha)
        if self.draws < 0:
            raise ValueError(f"`draws` must be at least 0, got {self.draws}")
        if not 0 <= self.threshold <= 1:
            raise ValueError(f"`threshold` must lie in [0, 1], got {self.threshold}")

    @abstractmethod
    def target(self, posterior: Categorical) -> Categorical:
        """The letters whose law is meant, where those of the posterior are drawn."""

    @property
    def order(self) -> int:
        """That of the solver, once there are particles enough."""
        return self.solver.order

    @property
    def stochastic(self) -> bool:
        return True

    def init(self, denoiser: Denoiser, x: Particles, grid: Tensor) -> Values:
        one_stage(self.solver, denoiser, grid)
        if grid[-1] != 0:
            raise ValueError(f"`grid` must end at 0, where the reward is known, got {grid[-1].item()}")
        return torch.zeros_like(x.log_weights)

    def step(
        self,
        denoiser: Denoiser,
        x_t: Particles,
        t: Tensor,
        s: Tensor,
        memory: Values,
        *,
        generator: torch.Generator | None,
    ) -> tuple[Particles, Values]:
        """See `Solver.step`; remembered is the value that the weights of each particle have."""
        generator, process = required(generator, self), jump_process(denoiser)
        said = denoiser(x_t.rows, t)
        plain = self.target(said)
        value = foreseen(self.reward, plain.mean, self.alpha, self.draws, generator).reshape(memory.shape)
        state, source = x_t.weighted(value - memory).resampled(self.threshold, generator)
        value = value.flatten()[source].reshape(memory.shape)

        def onwards(posterior: Categorical) -> NextProbabilities:
            return self.solver.transition(process, [state.rows], [posterior.mean[source]], t, s)

        q = onwards(said)
        rows = draw(q, generator)
        if plain is not said:
            state = state.weighted(_log_odds(onwards(plain), q, rows).reshape(memory.shape))
        if s == 0:
            end = rewards_of_letters(self.reward, rows, process.letters, plain.mean) / self.alpha
            state = state.weighted(end.reshape(memory.shape) - value)
        return Particles(rows, state.log_weights, state.banked, state.resamplings), value


def _log_odds(p: NextProbabilities, q: NextProbabilities, x_s: Tensor) -> Float64[Tensor, " batch"]:
    """log p(x_s) - log q(x_s)."""
    each = [probabilities.double().gather(-1, x_s[..., None]).log() for probabilities in (p, q)]
    return (each[0] - each[1]).sum((1, 2))


def one_stage(solver: LetterSolver, denoiser: Denoiser, grid: Tensor) -> None:
    """Passes solvers that call the denoiser once a step.

    Raises:
        ValueError: any other.
    """
    if (stages := len(solver.times(jump_process(denoiser), grid[0], grid[1]))) != 1:
        raise ValueError(f"`solver` must have one stage a step, got {type(solver).__name__}, which has {stages}")
