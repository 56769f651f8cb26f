"""The sampler that a distilled generator has of its own, and the network of a mixture."""

from typing import Any

import torch
from torch import Tensor, nn

from sciml.config.sequence_models import SequenceModelConfig
from sciml.config.sequence_students import MixtureStudentConfig, ScalarsStudentConfig
from sciml.denoisers.latent_letters import LatentDenoiser
from sciml.sequences.drakes import build
from sciml.solvers.grids import Grid
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.mixed import Mixed
from sciml.solvers.letters.scaled import Scaled
from sciml.solvers.letters.spaced import Spaced
from sciml.solvers.solver import Solver

StudentConfig = ScalarsStudentConfig | MixtureStudentConfig


class Student(nn.Module):
    """Steps and scalars, as tensors of a model file.

    Args:
        config: of the distillation.

    Attributes:
        grid: times of the steps.
        rates: Phi_k of all but the last; of no use where the order is spaced.
        sharpness: a_k of each.
    """

    grid: Tensor
    rates: Tensor
    sharpness: Tensor

    def __init__(self, config: StudentConfig) -> None:
        super().__init__()
        self.config, n = config, config.steps
        self.register_buffer("grid", torch.linspace(1, 0, n + 1, dtype=torch.float64))
        self.register_buffer("rates", torch.ones(n - 1, dtype=torch.float64))
        self.register_buffer("sharpness", torch.ones(n, dtype=torch.float64))

    @property
    def steps(self) -> int:
        """Of one network call each."""
        return self.config.steps

    @property
    def label(self) -> str:
        """What a table calls it."""
        return f"{self.config.method.replace('_', '-')}, {self.steps} steps"

    @property
    def solver(self) -> Solver[Tensor, Any]:
        """What makes the steps on its grid."""
        if isinstance(self.config, MixtureStudentConfig):
            return Mixed(self.config.components, Spaced() if self.config.order == "spaced" else Ancestral())
        if self.config.order == "spaced":
            return Spaced(self.sharpness)
        return Scaled(self.grid.cpu(), self.rates, self.sharpness)

    @torch.no_grad()
    def take_over(self, solver: Spaced | Scaled, grid: Grid) -> None:
        """Keep what was learned."""
        assert solver.sharpness is not None
        self.sharpness.copy_(solver.sharpness)
        self.grid.copy_(grid)
        if isinstance(solver, Scaled):
            self.rates.copy_(solver.rates)


class ComponentNet(nn.Module):
    """A network of classes that is told a component of a mixture as one: class c and component m as (c + 1) M + m - 1.

    Args:
        net: made for (C + 1) M - 1 classes, where it is to know C.
        components: M.
    """

    def __init__(self, net: nn.Module, components: int) -> None:
        super().__init__()
        self.net, self.components = net, components

    def forward(self, x: Tensor, t: Tensor, told: Tensor | tuple[Tensor, Tensor]) -> Tensor:
        cond, component = told if isinstance(told, tuple) else (torch.full_like(told, -1), told)
        return self.net(x, t, (cond + 1) * self.components + component - 1)


def build_mixture(
    model: SequenceModelConfig, config: MixtureStudentConfig, letters: int, length: int, classes: int
) -> LatentDenoiser:
    """The denoiser of a student by Di4C, with weights from torch's global generator; arguments as of `build`."""
    whole = build(model, letters, length, (classes + 1) * config.components - 1)
    return LatentDenoiser(ComponentNet(whole.net, config.components), whole.process, config.components)


@torch.no_grad()
def begin_as(student: LatentDenoiser, teacher: nn.Module, deviation: float = 0.1) -> None:
    """Give a mixture its teacher's weights; what the teacher has for a class, all components get, and noise that tells them
    apart.

    Args:
        student: of `build_mixture`.
        teacher: the network.
        deviation: of that noise.
    """
    assert isinstance(student.net, ComponentNet)
    own, known = student.net.net.state_dict(), teacher.state_dict()
    for name, value in own.items():
        if name == "told.weight":
            start = known.get(name, value.new_zeros(len(value) // student.latents, value.shape[1]))
            value.copy_(start.repeat_interleave(student.latents, 0) + deviation * torch.randn_like(value))
        elif name in known:
            value.copy_(known[name])
        elif name.startswith("shifts") and name.endswith("bias"):
            value.zero_()
