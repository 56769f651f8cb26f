"""A law and a reward as tables, small enough that what steered samplers aim at is known."""

import math
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from sciml.analysis.exact_law import total_variation, unmasking_law
from sciml.denoisers.tabular import TabularDenoiser
from sciml.processes.absorbing import Absorbing
from sciml.solvers.grids import uniform_grid
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.particles import Particles

F64 = torch.float64


@dataclass(frozen=True)
class Steering:
    """p, r and alpha of three letters at three positions; letters depend on each other."""

    law: Tensor
    table: Tensor
    alpha: float
    grid: Tensor

    @property
    def denoiser(self) -> TabularDenoiser:
        return TabularDenoiser(self.law, Absorbing(3))

    def reward(self, x: Tensor) -> Tensor:
        """Of letters the table, of mixtures its mean if positions are independent."""
        return torch.einsum("abc,na,nb,nc->n", self.table.to(x), x[:, 0], x[:, 1], x[:, 2])

    @property
    def plain(self) -> Tensor:
        """The law of the sampler's own steps, without reward."""
        return unmasking_law(Ancestral(), self.denoiser, 3, self.grid)

    @property
    def unnormalised(self) -> Tensor:
        return self.plain * (self.table / self.alpha).exp()

    @property
    def target(self) -> Tensor:
        return self.unnormalised / self.unnormalised.sum()

    def rows(self, count: int, generator: torch.Generator) -> Tensor:
        return self.denoiser.process.prior((count, 3), generator=generator)


def code(x: Tensor) -> Tensor:
    """The entry of the table that letters are."""
    return (x * torch.tensor([9, 3, 1])).sum(-1)


def frequencies(x: Tensor) -> Tensor:
    return torch.bincount(code(x), minlength=27).to(F64).reshape(3, 3, 3) / len(x)


def noise(law: Tensor, count: int) -> float:
    """Mean total variation of so many independent draws of a law from it."""
    return 0.5 * float((law * (1 - law) * 2 / (math.pi * count)).sqrt().sum())


def off_by(particles: Particles, unnormalised: Tensor) -> Tensor:
    """How many standard errors the mean over prompts of Z sum_i w_i [x_i = x] is from the exact, for each x."""
    prompts, count = particles.log_weights.shape
    weights = (particles.banked[:, None] + particles.log_weights).exp() / count
    each = torch.zeros(prompts, 27, dtype=F64).scatter_add(1, code(particles.rows).reshape(prompts, count), weights)
    return (each.mean(0) - unnormalised.flatten()) / (each.std(0) / prompts**0.5)


@pytest.fixture(scope="session")
def steering() -> Steering:
    generator = torch.Generator().manual_seed(0)
    law = torch.rand(3, 3, 3, generator=generator, dtype=F64) ** 2
    table = 1.5 * torch.randn(3, 3, 3, generator=generator, dtype=F64)
    return Steering(law / law.sum(), table, 1.0, uniform_grid(Absorbing(3), 5))


@pytest.fixture(scope="session")
def exact() -> object:
    """The functions above, for tests cannot import each other."""

    class Exact:
        noise = staticmethod(noise)
        off_by = staticmethod(off_by)
        frequencies = staticmethod(frequencies)
        total_variation = staticmethod(total_variation)

    return Exact
