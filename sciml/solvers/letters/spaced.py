"""Spaced unmasking: the letters that are drawn together stand as far apart as can be.

Which masked positions a step reveals is free, for the denoiser was trained on any. Letters drawn in one call are drawn as if
independent, so that the error of a step is the dependence of those it reveals: where that fades with distance, as in DNA,
they should be far from each other. With N steps left, position i is revealed in step

    pi( (i + u) mod N ),    pi a permutation of the N steps, u a shift, both drawn for each sample:

neighbours in a step are N apart, each position is equally likely to come in each step, and each step has an equal share.
With as many steps as positions a letter is drawn at a time, and the sampler has no error, as any order has none.

In step k p(x_0,i | x_t) may be taken to a power a_k and normalised: a network that saw masks at random is asked about combs
of them, and may be too sure or not sure enough there.

Reference: none known; Zheng et al. (2024), arXiv 2409.02908, section 4, for orders drawn beforehand, there at random.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float64, Integer
from torch import Generator, Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import jump_process
from sciml.numerics.letters import draw
from sciml.processes.absorbing import Absorbing
from sciml.solvers.letters.scaled import sharpened
from sciml.solvers.solver import Solver, required

Plan = Integer[Tensor, "batch position"]


@dataclass(frozen=True)
class Plans:
    """What is remembered: steps that are done, of how many, and in which each position is revealed, once it is drawn."""

    done: int
    steps: int
    when: Plan | None = None


@dataclass(frozen=True)
class Spaced(Solver[Tensor, Plans]):
    """See the module. Of the grid it takes the number of steps, and the times that a denoiser is told.

    Args:
        sharpness: a_k of each step, positive; none: 1.
    """

    sharpness: Float64[Tensor, " steps"] | None = None

    def __post_init__(self) -> None:
        if self.sharpness is not None and not bool((self.sharpness > 0).all()):
            raise ValueError(f"`sharpness` must be positive, got {self.sharpness.tolist()}")

    @property
    def order(self) -> int:
        return 1

    @property
    def stochastic(self) -> bool:
        return True

    def init(self, denoiser: Denoiser, x: Tensor, grid: Tensor) -> Plans:
        process, steps = jump_process(denoiser), len(grid) - 1
        if not isinstance(process, Absorbing):
            raise TypeError(f"`process` must be Absorbing to be revealed, got {type(process).__name__}")
        if grid[-1] != 0:
            raise ValueError(f"`grid` must end at 0, where all is revealed, got {grid[-1].item()}")
        if self.sharpness is not None and len(self.sharpness) != steps:
            raise ValueError(f"`grid` must have the {len(self.sharpness)} steps that `sharpness` is of, got {steps}")
        return Plans(0, steps)

    def step(
        self,
        denoiser: Denoiser,
        x_t: Tensor,
        t: Tensor,
        s: Tensor,
        memory: Plans,
        *,
        generator: Generator | None,
    ) -> tuple[Tensor, Plans]:
        source, process = required(generator, self), jump_process(denoiser)
        when = spaced_plan(x_t.shape, memory.steps, source) if memory.when is None else memory.when
        said = denoiser(x_t, t).mean
        if self.sharpness is not None:
            said = sharpened(said, self.sharpness[memory.done].to(said.device))
        revealed = (x_t == process.letters) & (when <= memory.done)
        x_s = torch.where(revealed, draw(said, source), x_t)
        return x_s, Plans(memory.done + 1, memory.steps, when)


def spaced_plan(shape: torch.Size | tuple[int, int], steps: int, generator: Generator) -> Plan:
    """In which step, from 0, each position is revealed.

    Args:
        shape: (batch, position).
        steps: N.
        generator: source of randomness, on the device of the plan.
    """
    batch, device = shape[0], generator.device
    places = torch.rand(batch, steps, generator=generator, device=device).argsort(1)
    shifts = torch.randint(steps, (batch, 1), generator=generator, device=device)
    return places.gather(1, (torch.arange(shape[1], device=device) + shifts) % steps)
