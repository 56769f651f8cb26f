"""Regression on the teacher's flow: exact states have no rest, of one step and of several, of tensors and of graphs."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments import LightningEnvironment
from torch import Generator, Tensor, nn

from sciml.config.models import TrainingConfig
from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.denoisers.mixture import MixtureDenoiser
from sciml.denoisers.reference import exact_flow
from sciml.distillation.jump import d_between, jump
from sciml.distillation.regression import PairObjective, teacher_states
from sciml.distillation.trajectory import Trajectory
from sciml.processes.graph import GraphProcess
from sciml.processes.parts import map_parts
from sciml.processes.ve import VE
from sciml.processes.vp import VPCosine, VPLinear
from sciml.solvers.ddim import ddim
from sciml.solvers.grids import karras_grid, log_snr_grid
from sciml.solvers.integrate import integrate
from sciml.training.fit import fit

from .gaussian_graphs import GaussianGraphs, blank, graph_flow

ONE = torch.ones((), dtype=torch.float64)


def source(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


@pytest.fixture
def teacher() -> GaussianDenoiser:
    covariance = torch.tensor([[0.09, 0.03], [0.03, 0.25]], dtype=torch.float64)
    return GaussianDenoiser(VPLinear(), torch.tensor([0.4, -0.2], dtype=torch.float64), covariance)


def starts(process, count: int = 64) -> Tensor:
    return process.prior((count, 2), generator=source(), dtype=torch.float64)


class Leading(Denoiser):
    """Says what leads along the flow of a Gaussian to the next time of a grid, plus an offset that can be learned."""

    def __init__(self, teacher: GaussianDenoiser, grid: Tensor) -> None:
        super().__init__(teacher.process)
        self._teacher, self.grid = (teacher,), grid
        self.offset = nn.Parameter(torch.zeros((), dtype=torch.float64))

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Dirac[Tensor]:
        s = self.grid[torch.searchsorted(-self.grid, -t.reshape(-1), right=True)].expand(len(x_t))
        d = d_between(self.process, x_t, self._teacher[0].flow(x_t, t, s), t, s)
        return Dirac(d + self.offset)


def test_what_leads_between_two_states_is_the_inverse_of_a_jump(teacher) -> None:
    x, d = starts(teacher.process), starts(teacher.process).flip(0)
    t, s = torch.tensor([1.0, 0.3], dtype=torch.float64)
    torch.testing.assert_close(d_between(teacher.process, x, jump(teacher.process, x, d, t, s), t, s), d)


@pytest.mark.parametrize("points", [1, 2, 4])
def test_states_of_the_flow_are_learned_without_a_rest(teacher, points: int) -> None:
    grid = log_snr_grid(teacher.process, points)
    student = Leading(teacher, grid)
    objective, x = PairObjective(student, grid), starts(teacher.process, 256)
    states = [teacher.flow(x, ONE, t) for t in grid]
    assert objective(source(), *states).item() < 1e-20
    assert objective(source(), *states, torch.zeros(256)).item() < 1e-20
    with torch.no_grad():
        student.offset.fill_(0.3)
    assert objective(source(), *states).item() == pytest.approx(0.09)
    with pytest.raises(ValueError, match=f"the examples must be {points + 1} states and perhaps a condition, got {points}"):
        objective(source(), *states[1:])


def test_the_student_of_several_calls_is_sampled_by_ddim_on_its_grid(teacher) -> None:
    grid, x = log_snr_grid(teacher.process, 3), starts(teacher.process)
    with torch.no_grad():
        found = integrate(ddim(), Leading(teacher, grid), x, grid)
    torch.testing.assert_close(found, teacher.flow(x, ONE, grid[-1]))


@pytest.mark.parametrize(("process", "tolerance"), [(VPLinear(), 3e-3), (VPCosine(), 3e-3), (VE(0.002, 80.0), 4e-3)])
def test_states_are_those_of_the_flow(process, tolerance: float) -> None:
    """Eight modes on a circle, 32 calls in all."""
    angle = torch.arange(8, dtype=torch.float64) * torch.pi / 4
    modes = torch.stack([angle.cos(), angle.sin()], 1)
    teacher = MixtureDenoiser(process, torch.full((8,), 1 / 8).double(), modes, torch.full((8,), 0.01).double())
    x, grid = starts(process), karras_grid(process, 2)
    found = teacher_states(teacher, x, grid, steps=16)
    assert found.shape == (64, 3, 2)
    torch.testing.assert_close(found[:, 0], x)
    for k, (t, s) in enumerate(pairwise(grid)):
        exact = exact_flow(teacher, found[:, k], t, s, steps=200)
        assert ((found[:, k + 1] - exact).square().mean() / exact.square().mean()).sqrt().item() < tolerance


def test_states_are_the_same_whatever_the_batch_and_each_has_its_condition(teacher) -> None:
    class Moved(Denoiser):
        def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Dirac[Tensor]:
            return Dirac(teacher(x_t - self.process.alpha(t) * cond, t).mean + cond)

    x, grid = starts(teacher.process, 10), log_snr_grid(teacher.process, 2)
    cond = torch.randn(10, 2, generator=source(), dtype=torch.float64)
    found = teacher_states(Moved(teacher.process), x, grid, steps=40, cond=cond, batch=4)
    torch.testing.assert_close(found, teacher_states(Moved(teacher.process), x, grid, steps=40, cond=cond))
    plain = teacher.flow(x - teacher.process.alpha(ONE) * cond, ONE, grid[-1]) + teacher.process.alpha(grid[-1]) * cond
    torch.testing.assert_close(found[:, 2], plain, rtol=0, atol=1e-4)


def test_states_of_graphs_are_those_of_their_flow_and_are_learned() -> None:
    process = GraphProcess(VPLinear(), VE(0.01, 20.0))
    x_1, grid = process.prior(blank(6), generator=source()), torch.tensor([1.0, 0.4, 0.01], dtype=torch.float64)
    states = teacher_states(GaussianGraphs(process), x_1, grid, steps=60, batch=4)
    for found, t in zip(states, grid, strict=True):
        exact = graph_flow(process, x_1, t)
        torch.testing.assert_close(found.x, exact.x, rtol=1e-3, atol=1e-3)
        torch.testing.assert_close(found.adj, exact.adj, rtol=1e-3, atol=1e-3)

    class Knows(Denoiser):
        def forward(self, x_t: Any, t: Tensor, cond: Any = None) -> Dirac[Any]:
            late = t[:, None, None] == 1
            each = [d_between(process, a, b, *grid[k : k + 2]) for k, (a, b) in enumerate(pairwise(states))]
            return Dirac(map_parts(process, lambda _, a, b: torch.where(late, a, b) + cond, *each))

    objective = PairObjective(Knows(process), grid)
    assert objective(source(), *states, 0.0).item() < 1e-20
    assert objective(source(), *states, 0.5).item() == pytest.approx(0.25)


def test_it_is_trained_by_fit(teacher, tmp_path: Path) -> None:
    """An offset comes back to where the loss is least."""
    grid, x = log_snr_grid(teacher.process, 2), starts(teacher.process, 256)
    student = Leading(teacher, grid)
    with torch.no_grad():
        student.offset.fill_(0.3)
    states = teacher_states(teacher, x, grid, steps=40)
    settings = TrainingConfig(steps=100, batch=64, rate=2e-2, weight_decay=0.0, precision="32", ema=0.02, clip=10.0)
    processor = Fabric(accelerator="cpu", devices=1, plugins=LightningEnvironment())
    objective = PairObjective(student, grid)
    fit(objective, (*states.unbind(1), x), settings, seed=0, directory=tmp_path, fingerprint="", fabric=processor)
    assert abs(student.offset.item()) < 5e-3


def test_a_trajectory_is_for_one_step_to_its_end(teacher) -> None:
    student = Trajectory(nn.Identity(), teacher.process)
    PairObjective(student, torch.tensor([1.0, 1e-3], dtype=torch.float64))
    with pytest.raises(ValueError, match=r"`grid` must be 1 and 0.001 for this student, got \[1.0, 0.5, 0.001\]"):
        PairObjective(student, torch.tensor([1.0, 0.5, 1e-3], dtype=torch.float64))
