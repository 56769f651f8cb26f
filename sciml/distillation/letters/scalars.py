"""LSD and LSD+: a sampler of few steps learns scalars for each, LSD+ the times too, from a teacher's trajectories.

The student is `Scaled`: solver in, solver out; the denoiser stays as it is. It is trained to make likely what the teacher
makes in many steps. A student's trajectory x_1, x_t1, ..., x_0 has a probability that is known, a product over steps and
positions; where the teacher ended in x_0, its trajectory has the law of the bridge from x_0, which no scalar changes and
which is drawn from at no call. So over J bridges from each x_0

    L = - E log (1/J) sum_j prod_k p_k(x^j_t(k+1) | x^j_tk) / q(x^j | x_0),

an upper bound of the divergence of the student's law from the teacher's, up to a constant, and tight as J grows. The state
is told the student's times, whichever time it was drawn at, so that times are learned by the gradient too.

What can be hoped for. Under masking with a denoiser that does not look at t, a step reveals each masked position with a
probability of its own, independently: whatever Phi and the times are, all that they choose is by what shares w_k, sum_k w_k
= 1, the positions are revealed in the steps, and so when. The error is that of letters drawn together as if independent,
sum_k w_k^2 times a dependence that varies slowly: equal shares are near the best, within 2 % in total variation on the laws
measured, and they are what Euler and Tweedie do in equal steps of alpha. Phi and the times undo a bad schedule, and nothing
more.

What lowers the error further is the exponent a_k. Drawn as if independent, letters agree less than they ought to: a first
step of more even letters, and later ones of surer, which follow what was drawn first, bring the joint law back. One path
alone cannot see it: given the teacher's state exact letters are the likeliest, so that with J = 1 the best exponent is 1. It
takes several, in long sequences many. Under uniform jumps rates depend on what the denoiser says, and everything counts.

The paper aligns what the denoiser says along both trajectories, at states drawn with the same noise; drawing passes no
gradient, and of equal marginals it sees no correlation. The likelihood of trajectories takes its place.

Reference: Fu et al. (2025), arXiv 2509.19962, section 3; Burda et al. (2016), arXiv 1509.00519,
equation 8, for the bound.
"""

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64, Integer
from torch import Generator, Tensor, nn

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import jump_process
from sciml.numerics.letters import draw
from sciml.solvers.grids import Grid
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.particle_solver import one_stage
from sciml.solvers.letters.scaled import Scaled
from sciml.solvers.letters.solver import LetterSolver

ANCESTRAL = Ancestral()


class ScalarsObjective(nn.Module):
    """Called as objective(generator, x_0), x_0 made by the teacher in many steps; nats a letter. Trained, it says `solver`.

    Args:
        teacher: the denoiser of teacher and student; takes no gradient.
        grid: where the student's times begin, from 1 to 0; bridges are drawn at these.
        solver: whose steps are scaled, of one stage.
        times: whether times are learned too (LSD+).
        sharpening: whether the exponents a_k are learned; else they are 1.
        paths: J, bridges from each x_0.
    """

    reference: Tensor

    def __init__(
        self,
        teacher: Denoiser,
        grid: Grid,
        *,
        solver: LetterSolver = ANCESTRAL,
        times: bool = True,
        sharpening: bool = True,
        paths: int = 16,
    ) -> None:
        super().__init__()
        if grid[0] != 1 or grid[-1] != 0:
            raise ValueError(f"`grid` must go from 1 to 0, got {grid[0].item()} to {grid[-1].item()}")
        if paths < 1:
            raise ValueError(f"`paths` must be at least 1, got {paths}")
        one_stage(solver, teacher, grid)
        self._teacher, self._solver, self.paths = (teacher,), solver, paths
        steps = len(grid) - 1
        self.register_buffer("reference", grid)
        self.log_shares = nn.Parameter((-grid.diff()).log(), requires_grad=times)
        self.log_rates = nn.Parameter(grid.new_zeros(steps - 1))
        self.log_sharpness = nn.Parameter(grid.new_zeros(steps), requires_grad=sharpening)

    @property
    def grid(self) -> Grid:
        """The times as they are now: shares of a softmax."""
        ends = 1 - self.log_shares.softmax(0).cumsum(0)[:-1]
        return torch.cat([self.reference[:1], ends, self.reference[-1:]])

    @property
    def solver(self) -> Scaled:
        """The student: integrate it on its `grid`."""
        return Scaled(self.grid, self.log_rates.exp(), self.log_sharpness.exp(), self._solver)

    def forward(
        self, generator: Generator, x_0: Integer[Tensor, "batch position"], cond: Tensor | None = None
    ) -> Float[Tensor, ""]:
        states, log_odds = self.bridges(x_0.long().repeat_interleave(self.paths, 0), generator)
        student, teacher = self.solver, self._teacher[0].to(x_0.device)
        process, classes = jump_process(teacher), None if cond is None else cond.repeat_interleave(self.paths, 0)
        for (t, s), (x_t, x_s) in zip(pairwise(student.grid), pairwise(states), strict=True):
            onwards = student.transition(process, [x_t], [teacher(x_t, t, classes).mean], t, s)
            log_odds = log_odds + _log_probability(onwards, x_s)
        found = log_odds.reshape(-1, self.paths).logsumexp(1) - math.log(self.paths)
        return -found.mean() / x_0.shape[1]

    @torch.no_grad()
    def bridges(self, x_0: Tensor, generator: Generator) -> tuple[list[Tensor], Float64[Tensor, " path"]]:
        """States at the times of the reference, from noise to x_0, and -log of the probability of drawing them."""
        process = jump_process(self._teacher[0])
        states, log_odds = [process.prior(x_0.shape, generator=generator)], x_0.new_zeros(len(x_0), dtype=torch.float64)
        known = F.one_hot(x_0, process.letters).double()
        for t, s in pairwise(self.reference[:-1]):
            onwards = process.reverse(known, states[-1], t, s)
            states.append(draw(onwards, generator))
            log_odds -= _log_probability(onwards, states[-1])
        return [*states, x_0], log_odds


def _log_probability(probabilities: Tensor, x: Tensor) -> Float64[Tensor, " batch"]:
    """Of a state whose positions are independent."""
    return probabilities.double().gather(-1, x[..., None])[..., 0].log().sum(1)
