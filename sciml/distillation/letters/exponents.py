"""LSD for spaced unmasking: for each step an exponent of what the denoiser says there, learned by likelihood.

The student reveals positions by a plan, see `Spaced`; given the plan the path from x_0 is known, and its probability is

    p(x_0 | plan) = prod over k, and i revealed in step k, of  p(x_0,i | what was revealed before)^a_k / Z.

With J plans for each x_0,  L = - E log (1/J) sum_j p(x_0 | plan_j), as in `ScalarsObjective`, whose times and rates have no
meaning here: shares are equal and positions are planned. With J = 1 the best exponents are those that make what is said of
combs of masks calibrated; several paths see the dependence of letters drawn together, which spacing has made small, at a
variance that grows with the length: of a hundred letters of DNA sixteen see nothing but noise.

Reference: Fu et al. (2025), arXiv 2509.19962, section 3, for scalars of steps; the plan is ours.
"""

import math

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor, nn

from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import jump_process
from sciml.processes.absorbing import Absorbing
from sciml.solvers.grids import uniform_grid
from sciml.solvers.letters.scaled import sharpened
from sciml.solvers.letters.spaced import Spaced, spaced_plan


class ExponentsObjective(nn.Module):
    """Called as objective(generator, x_0); nats a letter. Trained, it says `solver`.

    Args:
        teacher: of masked letters; takes no gradient.
        steps: N, of the student.
        paths: J, plans for each x_0.
    """

    def __init__(self, teacher: Denoiser, steps: int, *, paths: int = 1) -> None:
        super().__init__()
        for name, value in (("steps", steps), ("paths", paths)):
            if value < 1:
                raise ValueError(f"`{name}` must be at least 1, got {value}")
        process = jump_process(teacher)
        if not isinstance(process, Absorbing):
            raise TypeError(f"`teacher.process` must be Absorbing to be revealed, got {type(process).__name__}")
        self._teacher, self.mask, self.paths = (teacher,), process.mask, paths
        self.times = uniform_grid(process, steps)[:-1]
        self.log_sharpness = nn.Parameter(torch.zeros(steps, dtype=torch.float64))

    @property
    def solver(self) -> Spaced:
        """The student, on equal steps."""
        return Spaced(self.log_sharpness.exp())

    def forward(
        self, generator: Generator, x_0: Integer[Tensor, "batch position"], cond: Tensor | None = None
    ) -> Float[Tensor, ""]:
        told, teacher = x_0.long().repeat_interleave(self.paths, 0), self._teacher[0].to(x_0.device)
        classes = None if cond is None else cond.repeat_interleave(self.paths, 0)
        when = spaced_plan(told.shape, len(self.times), generator)
        found = torch.zeros(len(told), dtype=torch.float64, device=told.device)
        for step, power in enumerate(self.log_sharpness.exp()):
            with torch.no_grad():
                said = teacher(torch.where(when >= step, self.mask, told), self.times[step], classes).mean
            right = sharpened(said.double(), power).gather(-1, told[..., None])[..., 0]
            found = found + torch.where(when == step, right, 1.0).log().sum(1)
        each = found.reshape(-1, self.paths).logsumexp(1) - math.log(self.paths)
        return -each.mean() / x_0.shape[1]
