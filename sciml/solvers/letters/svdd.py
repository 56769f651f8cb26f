"""SVDD: in each step several candidates are drawn for every sample, and one is kept by how much it promises.

    x_s^1, ..., x_s^M ~ p(x_s | x_t),        x_s = x_s^m with probability proportional to exp V(x_s^m),

V as in `sciml.denoisers.reward`, r / alpha itself at s = 0. With many candidates the step tends to p(x_s | x_t) exp V(x_s),
normalised for each x_t: the policy that leads to p(x_0) exp(r / alpha) if V is exact. As it is not, and
no weight is carried on, the law stays biased with however many candidates; in return no sample dies for another.

Reference: Li et al. (2024), arXiv 2408.08252, algorithm 1, with the value at the posterior mean (SVDD-PM) or by draws.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import jump_process
from sciml.denoisers.reward import Reward, foreseen, positive, rewards_of_letters
from sciml.numerics.letters import draw
from sciml.processes.jump import Probabilities
from sciml.solvers.letters.particle_solver import ANCESTRAL, one_stage
from sciml.solvers.letters.solver import LetterSolver
from sciml.solvers.solver import Solver, required


@dataclass(frozen=True)
class SVDD(Solver[Tensor, Probabilities]):
    """See the module; a state is letters (batch, position).

    What the denoiser says of the candidate that is kept serves the next step, and at s = 0 it is not asked: for each sample
    it is called once at the start, and once a candidate in all steps but the last, 1 + candidates (steps - 1) in all.

    Args:
        reward: r, of one-hot vectors or mixtures of such, (batch, position, letter); needs no gradient.
        alpha: in units of the reward a nat, positive; a small one keeps the best.
        candidates: M, at least 1.
        solver: whose steps candidates take, of one stage.
        draws: of x_0 that a value is averaged over; 0 is the reward of the posterior mean.
    """

    reward: Reward
    alpha: float
    candidates: int = 16
    solver: LetterSolver = ANCESTRAL
    draws: int = 0

    def __post_init__(self) -> None:
        positive(self.alpha)
        for name, least in (("candidates", 1), ("draws", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"`{name}` must be at least {least}, got {getattr(self, name)}")

    @property
    def order(self) -> int:
        return self.solver.order

    @property
    def stochastic(self) -> bool:
        return True

    def init(self, denoiser: Denoiser, x: Tensor, grid: Tensor) -> Probabilities:
        """What the denoiser says of the start."""
        one_stage(self.solver, denoiser, grid)
        return denoiser(x, grid[0]).mean

    def step(
        self,
        denoiser: Denoiser,
        x_t: Tensor,
        t: Tensor,
        s: Tensor,
        memory: Probabilities,
        *,
        generator: torch.Generator | None,
    ) -> tuple[Tensor, Probabilities]:
        """See `Solver.step`. Candidates are asked about one after the other: a batch stays one of so many conditions."""
        generator, process = required(generator, self), jump_process(denoiser)
        onwards = self.solver.transition(process, [x_t], [memory], t, s)
        x_s = draw(onwards.expand(self.candidates, *onwards.shape), generator)
        if s == 0:
            said = memory.expand(self.candidates, *memory.shape)
            ends = [rewards_of_letters(self.reward, x, process.letters, memory) / self.alpha for x in x_s]
        else:
            said = torch.stack([denoiser(x, s).mean for x in x_s])
            ends = [foreseen(self.reward, each, self.alpha, self.draws, generator) for each in said]
        kept = draw(torch.stack(ends, -1).softmax(-1), generator)
        row = torch.arange(len(kept), device=kept.device)
        return x_s[kept, row], said[kept, row]
