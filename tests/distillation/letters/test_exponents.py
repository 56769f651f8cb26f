"""Exponents of spaced steps: the bound by enumeration of plans, and what is learned where a denoiser is not sure enough."""

from itertools import permutations
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments import LightningEnvironment
from torch import Generator, Tensor

from sciml.config.models import TrainingConfig
from sciml.denoisers.denoiser import Denoiser
from sciml.denoisers.letters import Categorical
from sciml.denoisers.tabular import TabularDenoiser
from sciml.distillation.letters.exponents import ExponentsObjective
from sciml.processes.absorbing import Absorbing
from sciml.processes.uniform_jump import UniformJump
from sciml.solvers.letters.scaled import sharpened
from sciml.training.fit import fit

F64 = torch.float64
PROCESS = Absorbing(3)
LAW = torch.rand(3, 3, 3, generator=Generator().manual_seed(0), dtype=F64) ** 3
LAW = LAW / LAW.sum()


class Unsure(Denoiser):
    """The exact probabilities to a power, normalised."""

    def __init__(self, power: float) -> None:
        super().__init__(PROCESS)
        self.exact, self.power = TabularDenoiser(LAW, PROCESS), torch.tensor(power, dtype=F64)

    def forward(self, x_t: Tensor, t: Tensor, cond: object = None) -> Categorical:
        return Categorical(sharpened(self.exact(x_t, t).mean, self.power).log())


def drawn(count: int) -> Tensor:
    index = torch.multinomial(LAW.flatten(), count, replacement=True, generator=Generator().manual_seed(1))
    return torch.stack(torch.unravel_index(index, LAW.shape), 1)


def by_plan(x_0: Tensor, plan: Tensor, powers: Tensor) -> Tensor:
    """log p(x_0 | plan)."""
    found = torch.zeros(len(x_0), dtype=F64)
    for step, power in enumerate(powers):
        p = TabularDenoiser(LAW, PROCESS)(torch.where(plan >= step, 3, x_0), torch.ones((), dtype=F64)).mean
        right = sharpened(p, power).gather(-1, x_0[..., None])[..., 0]
        found = found + torch.where(plan == step, right, 1.0).log().sum(1)
    return found


@pytest.mark.parametrize("paths", [1, 64])
def test_the_bound_is_that_of_all_plans(paths: int) -> None:
    """Of one path the mean over plans; of many the logarithm of the mean."""
    objective, x_0 = ExponentsObjective(TabularDenoiser(LAW, PROCESS), 2, paths=paths), drawn(4000)
    powers = torch.tensor([0.7, 1.4], dtype=F64)
    with torch.no_grad():
        objective.log_sharpness.copy_(powers.log())
    plans = [[order[(i + shift) % 2] for i in range(3)] for order in permutations(range(2)) for shift in range(2)]
    each = torch.stack([by_plan(x_0, torch.tensor(plan), powers) for plan in plans])
    exact = each.mean(0) if paths == 1 else each.exp().mean(0).log()
    found = objective(Generator().manual_seed(0), x_0)
    assert found.item() == pytest.approx(-exact.mean().item() / 3, abs=0.01)


@pytest.mark.parametrize("power", [1.0, 0.5, 2.0])
def test_what_is_not_as_sure_as_it_should_be_is_put_right(tmp_path: Path, power: float) -> None:
    objective = ExponentsObjective(Unsure(power), 3)
    settings = TrainingConfig(steps=150, batch=256, rate=0.05, weight_decay=0.0, precision="32")
    fabric = Fabric(accelerator="cpu", devices=1, plugins=LightningEnvironment())
    fit(objective, (drawn(20_000),), settings, seed=0, directory=tmp_path, fingerprint="", fabric=fabric)
    torch.testing.assert_close(objective.solver.sharpness, torch.full((3,), 1 / power, dtype=F64), rtol=0.08, atol=0)


def test_bad_use_is_named() -> None:
    teacher = TabularDenoiser(LAW, PROCESS)
    with pytest.raises(ValueError, match="`steps` must be at least 1, got 0"):
        ExponentsObjective(teacher, 0)
    with pytest.raises(ValueError, match="`paths` must be at least 1, got 0"):
        ExponentsObjective(teacher, 2, paths=0)
    with pytest.raises(TypeError, match="`teacher.process` must be Absorbing to be revealed, got UniformJump"):
        ExponentsObjective(TabularDenoiser(LAW, UniformJump(3)), 2)
