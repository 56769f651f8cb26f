"""A sampler with scalars of its own in each step: how fast letters jump, and how sure the denoiser is taken to be.

In step k of a grid

    p(x_0,i | x_t)  becomes  p(x_0,i | x_t)^a_k, normalised,
    P(stay)         becomes  P(stay)^Phi_k,                     the values that are jumped to in proportion as before.

Phi_k multiplies rates that are frozen over the step, so that under tau-leaping it is the scalar of the score; a_k is what
the published code multiplies, the logarithm of the score. Without scalars, Phi = a = 1, the sampler is the one that is
wrapped. A step that ends in the data draws what is left: there is no Phi in it.

Reference: Fu et al. (2025), arXiv 2509.19962, section 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float64
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.processes.jump import JumpProcess, NextProbabilities, Probabilities
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.solver import LetterSolver

ANCESTRAL = Ancestral()
CLOSE = 1e-9


@dataclass(frozen=True)
class Scaled(LetterSolver):
    """See the module; it knows its grid, and no other.

    Args:
        grid: times of the steps, down from 1 to 0.
        rates: Phi_k of each step but the last, positive.
        sharpness: a_k of each step, positive: below 1 letters are drawn more evenly, above 1 the likely ones more often.
        solver: whose steps are scaled.
    """

    grid: Float64[Tensor, " points"]
    rates: Float64[Tensor, " inner"]
    sharpness: Float64[Tensor, " steps"]
    solver: LetterSolver = ANCESTRAL

    def __post_init__(self) -> None:
        steps = len(self.grid) - 1
        for name, count in (("rates", steps - 1), ("sharpness", steps)):
            values = getattr(self, name)
            if len(values) != count or not bool((values > 0).all()):
                raise ValueError(
                    f"`{name}` must be {count} positive numbers on a grid of {steps} steps, got {values.tolist()}"
                )

    @property
    def order(self) -> int:
        return self.solver.order

    def init(self, denoiser: Denoiser, x: Tensor, grid: Tensor) -> None:
        if len(grid) != len(self.grid) or bool(((grid - self.grid).abs() > CLOSE).any()):
            raise ValueError(f"`grid` must be the one that the scalars belong to, {self.grid.tolist()}, got {grid.tolist()}")

    def times(self, process: JumpProcess, t: Tensor, s: Tensor) -> tuple[Tensor, ...]:
        return self.solver.times(process, t, s)

    def probabilities(
        self, process: JumpProcess, states: Sequence[Tensor], said: Sequence[Probabilities], t: Tensor, s: Tensor
    ) -> NextProbabilities:
        step = self._step(t)
        moved = self.solver.probabilities(process, states, [sharpened(p, self.sharpness[step]) for p in said], t, s)
        return hastened(moved, states[-1], self.rates[step])

    def transition(
        self, process: JumpProcess, states: Sequence[Tensor], said: Sequence[Probabilities], t: Tensor, s: Tensor
    ) -> NextProbabilities:
        if s > 0:
            return self.probabilities(process, states, said, t, s)
        known = [sharpened(p, self.sharpness[self._step(t)]) for p in said]
        return self.solver.transition(process, states, known, t, s)

    def _step(self, t: Tensor) -> int:
        """The index of the step that begins at t."""
        away = (self.grid.detach() - t.detach()).abs()[:-1]
        if away.min() > CLOSE:
            raise ValueError(f"`t` must be on the grid {self.grid.tolist()}, got {t.item()}")
        return int(away.argmin())


def sharpened(probabilities: Probabilities, power: Tensor) -> Probabilities:
    """p^a, normalised; what is impossible stays so."""
    possible = probabilities > 0
    logits = power * torch.where(possible, probabilities.double(), 1.0).log()
    return logits.masked_fill(~possible, -torch.inf).softmax(-1).to(probabilities)


def hastened(probabilities: NextProbabilities, x_t: Tensor, rate: Tensor) -> NextProbabilities:
    """Staying to the power Phi, the rest in proportion."""
    here = F.one_hot(x_t, probabilities.shape[-1]).bool()
    stays = probabilities.gather(-1, x_t[..., None])
    kept = stays**rate
    share = (1 - kept) / (1 - stays).clamp(min=torch.finfo(stays.dtype).tiny)
    return torch.where(here, kept, share * probabilities)
