"""What samplers of letters share: given what was seen so far in a step, positions are independent.

A step from t to s has stages. Stage k calls the denoiser once, at the state that stage k - 1 drew, and says with what
probabilities each position goes on; the draw is made here. Because a sampler only says probabilities, its law can be
computed as well as sampled: see `sciml.analysis.exact_law`.
"""

from abc import abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import jump_process
from sciml.numerics.letters import draw
from sciml.processes.jump import JumpProcess, NextProbabilities, Probabilities
from sciml.solvers.solver import OneStepSolver, required


class LetterSolver(OneStepSolver[Tensor]):
    """A sampler of letters; a state is whole numbers (batch, position)."""

    @property
    def stochastic(self) -> bool:
        return True

    def times(self, process: JumpProcess, t: Tensor, s: Tensor) -> tuple[Tensor, ...]:
        """At which the stages begin, the first at t."""
        return (t,)

    @abstractmethod
    def probabilities(
        self, process: JumpProcess, states: Sequence[Tensor], said: Sequence[Probabilities], t: Tensor, s: Tensor
    ) -> NextProbabilities:
        """Of what the last of the states becomes in this stage.

        Args:
            process: of the letters.
            states: the state at t, and those drawn since in this step.
            said: probabilities of x_0 given each of them.
            t: where the step begins.
            s: where it ends, above 0.
        """

    def transition(
        self, process: JumpProcess, states: Sequence[Tensor], said: Sequence[Probabilities], t: Tensor, s: Tensor
    ) -> NextProbabilities:
        """`probabilities`, but the last stage of a step that ends in the data draws what is left exactly: rates are
        infinite there."""
        times = self.times(process, t, s)
        if len(states) == len(times) and s == 0:
            return process.reverse(said[-1], states[-1], times[-1], s)
        return self.probabilities(process, states, said, t, s)

    def step(
        self,
        denoiser: Denoiser,
        x_t: Tensor,
        t: Tensor,
        s: Tensor,
        memory: None,
        *,
        generator: torch.Generator | None,
    ) -> tuple[Tensor, None]:
        process, states, said = jump_process(denoiser), [x_t], []
        for time in self.times(process, t, s):
            said.append(denoiser(states[-1], time).mean)
            states.append(draw(self.transition(process, states, said, t, s), required(generator, self)))
        return states[-1], None


def jumps(intensity: NextProbabilities, x_t: Tensor) -> NextProbabilities:
    """Probabilities after a Poisson number of jumps, of which the first counts, to values as their intensities are."""
    total = intensity.sum(-1, keepdim=True)
    moved = -torch.expm1(-total) * intensity / total.clamp(min=torch.finfo(total.dtype).tiny)
    return moved.scatter_add(-1, x_t[..., None], torch.exp(-total))
