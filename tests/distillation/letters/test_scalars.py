"""LSD: its bound against the exact likelihood of the student, and what it learns against the exact optimum."""

import math
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments import LightningEnvironment
from torch import Tensor

from sciml.analysis.exact_law import dense_law, total_variation, unmasking_law
from sciml.config.models import TrainingConfig
from sciml.denoisers.tabular import TabularDenoiser
from sciml.distillation.letters.scalars import ScalarsObjective
from sciml.processes.absorbing import Absorbing
from sciml.processes.jump import JumpProcess
from sciml.processes.uniform_jump import UniformJump
from sciml.solvers.grids import uniform_grid
from sciml.solvers.letters.ancestral import Ancestral
from sciml.solvers.letters.trapezoidal import Trapezoidal
from sciml.training.fit import fit

F64 = torch.float64
RAW = torch.rand(3, 3, 3, generator=torch.Generator().manual_seed(0), dtype=F64) ** 4
LAW = RAW / RAW.sum()


def drawn(count: int, seed: int = 0) -> Tensor:
    index = torch.multinomial(LAW.flatten(), count, replacement=True, generator=torch.Generator().manual_seed(seed))
    return torch.stack(torch.unravel_index(index, LAW.shape), 1)


def objective_of(process: JumpProcess, steps: int, paths: int, **choices: bool) -> ScalarsObjective:
    teacher = TabularDenoiser(LAW, process).requires_grad_(False)
    return ScalarsObjective(teacher, uniform_grid(process, steps), paths=paths, **choices)


def disturbed(objective: ScalarsObjective) -> None:
    """Other scalars and times, so that nothing cancels."""
    with torch.no_grad():
        objective.log_sharpness += torch.tensor([-0.5, 0.3, 0.4], dtype=F64)
        objective.log_rates += torch.tensor([0.3, -0.2], dtype=F64)
        objective.log_shares += torch.tensor([0.3, 0.0, -0.3], dtype=F64)


@pytest.mark.parametrize(("process", "law_of"), [(Absorbing(3), unmasking_law), (UniformJump(3), dense_law)])
def test_with_many_paths_it_is_the_likelihood_of_the_student(process: JumpProcess, law_of) -> None:
    objective = objective_of(process, 3, 60_000)
    disturbed(objective)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        exact = law_of(objective.solver, TabularDenoiser(LAW, process), 3, objective.grid)
        for x_0 in torch.tensor([[[0, 0, 0]], [[2, 1, 0]]]):
            found = -3 * objective(generator, x_0).item()
            assert found == pytest.approx(exact[tuple(x_0[0])].log().item(), abs=0.03)


def test_fewer_paths_bound_it_from_above() -> None:
    generator, x_0 = torch.Generator().manual_seed(0), drawn(4000)
    losses = []
    for paths in (1, 4, 32):
        objective = objective_of(Absorbing(3), 3, paths)
        disturbed(objective)
        losses.append(objective(generator, x_0).item())
    law = unmasking_law(objective.solver, TabularDenoiser(LAW, Absorbing(3)), 3, objective.grid).detach()
    exact = -(law[tuple(x_0.T)].log().mean() / 3).item()
    assert losses[0] > losses[1] + 0.005
    assert losses[1] > losses[2] + 0.005
    assert losses[2] == pytest.approx(exact, abs=0.005)


def test_one_path_sees_no_reason_to_sharpen() -> None:
    """Given where the teacher is, its letters are the likeliest."""
    generator = torch.Generator().manual_seed(0)
    slopes = []
    for paths in (1, 16):
        objective = objective_of(Absorbing(3), 3, paths)
        objective(generator, drawn(10_000)).backward()
        slopes.append(objective.log_sharpness.grad.abs().max().item())
    assert slopes[0] < 0.006
    assert slopes[1] > 0.015


def test_what_is_learned_is_near_the_best_and_far_better_than_equal_steps(tmp_path: Path) -> None:
    process = Absorbing(3)
    objective, teacher = objective_of(process, 2, 64), TabularDenoiser(LAW, process)
    settings = TrainingConfig(steps=200, batch=64, rate=0.1, weight_decay=0.0, precision="32")
    fabric = Fabric(accelerator="cpu", devices=1, plugins=LightningEnvironment())
    fit(objective, (drawn(20_000),), settings, seed=0, directory=tmp_path, fingerprint="", fabric=fabric)
    learned = unmasking_law(objective.solver, teacher, 3, objective.grid).detach()
    equal = unmasking_law(Ancestral(), teacher, 3, uniform_grid(process, 2))
    divergences = [float((LAW * (LAW / law).log()).sum()) for law in (equal, learned)]
    assert divergences[1] < best_divergence(teacher) + 0.02 * divergences[0]
    assert total_variation(learned, LAW) < 0.8 * total_variation(equal, LAW)


def best_divergence(teacher: TabularDenoiser) -> float:
    """By Newton-like steps on the exact divergence of the student written out for two steps under masking."""
    raw = torch.zeros(3, dtype=F64, requires_grad=True)  # logit of the first share, logarithms of both exponents
    optimizer = torch.optim.LBFGS([raw], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        found = (LAW * (LAW / two_steps(teacher, raw[0].sigmoid(), raw[1:].exp())).log()).sum()
        found.backward()
        return found

    optimizer.step(loss)
    return loss().item()


def two_steps(teacher: TabularDenoiser, share: Tensor, powers: Tensor) -> Tensor:
    """Sum over sets of positions that are revealed first, each law a product of sharpened conditionals."""
    letters = torch.cartesian_prod(*[torch.arange(3)] * 3)
    total = torch.zeros(27, dtype=F64)
    for code in range(8):
        first = torch.tensor([bool(code >> i & 1) for i in range(3)])
        states = (torch.full_like(letters, 3), torch.where(first, letters, 3))
        law = share ** int(first.sum()) * (1 - share) ** int((~first).sum())
        for x, power, chosen in zip(states, powers, (first, ~first), strict=True):
            p = teacher(x, torch.ones((), dtype=F64)).mean
            p = torch.where(chosen[:, None], p, 1.0) ** power
            each = (p / p.sum(-1, keepdim=True)).gather(-1, letters[..., None])[..., 0]
            law = law * torch.where(chosen, each, 1.0).prod(1)
        total = total + law
    return total.reshape(3, 3, 3)


def test_the_exact_optimum_is_of_the_law_that_the_analysis_computes() -> None:
    teacher = TabularDenoiser(LAW, Absorbing(3))
    equal = two_steps(teacher, torch.tensor(0.5, dtype=F64), torch.ones(2, dtype=F64))
    torch.testing.assert_close(equal, unmasking_law(Ancestral(), teacher, 3, uniform_grid(Absorbing(3), 2)))


def test_what_is_not_to_be_learned_has_no_gradient() -> None:
    objective = objective_of(Absorbing(3), 3, 2, times=False, sharpening=False)
    objective(torch.Generator().manual_seed(0), drawn(8)).backward()
    assert [name for name, p in objective.named_parameters() if p.grad is not None] == ["log_rates"]
    torch.testing.assert_close(objective.grid, uniform_grid(Absorbing(3), 3))


def test_bad_use_is_named() -> None:
    teacher, grid = TabularDenoiser(LAW, Absorbing(3)), uniform_grid(Absorbing(3), 2)
    with pytest.raises(ValueError, match="`grid` must go from 1 to 0, got 1.0 to 0.5"):
        ScalarsObjective(teacher, uniform_grid(Absorbing(3), 2, t_end=0.5))
    with pytest.raises(ValueError, match="`paths` must be at least 1, got 0"):
        ScalarsObjective(teacher, grid, paths=0)
    with pytest.raises(ValueError, match="`solver` must have one stage a step, got Trapezoidal"):
        ScalarsObjective(teacher, grid, solver=Trapezoidal())
    assert math.isfinite(ScalarsObjective(teacher, grid)(torch.Generator().manual_seed(0), drawn(2)).item())
