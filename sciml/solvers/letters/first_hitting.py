"""First-hitting sampling: a fixed number of masked positions is revealed in each step, at the times at which it happens.

Which positions are unmasked, and when, does not depend on what the network says. So the times need no steps: with n
positions masked at t the next is unmasked where

    1 - alpha = (1 - alpha_t) u^(1/n),   u uniform,

at any of them. With as many steps as positions a letter is drawn at a time and the sampler has no error at all; with fewer,
as equal numbers as can be are drawn together, at a call each; with more, the last steps do nothing and call nothing.

Reference: Zheng et al. (2024), arXiv 2409.02908, section 4.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import jump_process
from sciml.numerics.letters import draw
from sciml.processes.absorbing import Absorbing
from sciml.processes.jump_schedule import JumpSchedule
from sciml.solvers.solver import Solver, required


@dataclass(frozen=True)
class Revealing:
    """What is remembered.

    Args:
        steps: that are left.
        time: of each sample.
    """

    steps: int
    time: Tensor


@dataclass(frozen=True)
class FirstHitting(Solver[Tensor, Revealing]):
    """See the module. Of the grid it takes the number of steps, and where it begins; samples must be masked alike often."""

    @property
    def order(self) -> int:
        return 1

    @property
    def stochastic(self) -> bool:
        return True

    def init(self, denoiser: Denoiser, x: Tensor, grid: Tensor) -> Revealing:
        process = jump_process(denoiser)
        if not isinstance(process, Absorbing):
            raise TypeError(f"`process` must be Absorbing to be revealed, got {type(process).__name__}")
        masked = (x == process.mask).sum(1)
        if (masked != masked[0]).any():
            raise ValueError(f"`x` must have equally many masked positions in each sample, got {masked.unique().tolist()}")
        return Revealing(len(grid) - 1, grid[0].to(x.device).expand(len(x)))

    def step(
        self,
        denoiser: Denoiser,
        x_t: Tensor,
        t: Tensor,
        s: Tensor,
        memory: Revealing,
        *,
        generator: torch.Generator | None,
    ) -> tuple[Tensor, Revealing]:
        generator, process = required(generator, self), jump_process(denoiser)
        masked = x_t == process.letters
        count = int(masked[0].sum())
        if count == 0:
            return x_t, replace(memory, steps=memory.steps - 1)
        chosen = revealed_together(count, memory.steps)
        letters = draw(denoiser(x_t, memory.time).mean, generator)
        rank = torch.rand(x_t.shape, generator=generator, device=x_t.device).masked_fill(~masked, 2.0)
        places = rank.argsort(1)[:, :chosen]
        x = x_t.scatter(1, places, letters.gather(1, places))
        return x, Revealing(memory.steps - 1, _later(process.schedule, memory.time, count, chosen, generator))


def revealed_together(count: int, steps: int) -> int:
    """How many of so many masked positions are revealed in the first of so many steps: at least one while any is masked."""
    return count - count * (steps - 1) // steps


def _later(schedule: JumpSchedule, time: Tensor, count: int, chosen: int, generator: torch.Generator) -> Tensor:
    """When the last of the chosen of so many positions is unmasked."""
    masked = 1 - schedule.alpha(time)
    for left in range(count, count - chosen, -1):
        u = torch.rand(time.shape, generator=generator, dtype=torch.float64, device=time.device)
        masked = masked * u ** (1 / left)
    return schedule.t_of_alpha(1 - masked).clamp(min=0)
