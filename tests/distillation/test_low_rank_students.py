"""LoRA as the student: guidance and many calls become one change of low rank, which other checkpoints take over.

The teacher is the exact denoiser of a mixture that depends on a label, guided without classifier.
"""

from copy import deepcopy
from functools import cache
from typing import Any

import pytest
import torch
from torch import Generator, Tensor, nn

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.denoisers.network import NetworkDenoiser
from sciml.distillation.consistency import ConsistencyObjective
from sciml.distillation.regression import teacher_states
from sciml.guidance.classifier_free import ClassifierFree
from sciml.nets.low_rank import adapt, change_of, merge, take_over
from sciml.processes.parameterisation import Parameterisation
from sciml.processes.vp import VPLinear
from sciml.solvers.ddim import ddim
from sciml.solvers.integrate import integrate

PROCESS = VPLinear()
GRID = torch.tensor([1.0, 1e-3], dtype=torch.float64)
VARIANCE = 0.1
MEANS = torch.tensor([[[1.0, 0.5], [-1.0, 0.5]], [[1.0, -0.8], [-1.0, -0.8]]])


class Labelled(Denoiser):
    """Exact, of two modes for each label; of all four without one."""

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Dirac[Tensor]:
        alpha, sigma = (f(t.expand(len(x_t)))[:, None, None].to(x_t) for f in (PROCESS.alpha, PROCESS.sigma))
        total, gap = alpha**2 * VARIANCE + sigma**2, x_t[:, None] - alpha * MEANS.flatten(0, 1)
        log_joint = -(gap.square() / (2 * total)).sum(2)
        if cond is not None:
            log_joint = log_joint.masked_fill((cond > 0) != torch.tensor([False, False, True, True]), -torch.inf)
        means = MEANS.flatten(0, 1) + alpha * VARIANCE / total * gap
        return Dirac((log_joint.softmax(1)[..., None] * means).sum(1))


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(6, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 2))

    def forward(self, x: Tensor, t: Tensor, cond: Any = None) -> Tensor:
        lambda_ = PROCESS.lambda_(t.double()).to(x)[:, None]
        return self.layers(torch.cat([x, cond, lambda_ / 4, torch.sin(lambda_), torch.cos(lambda_)], 1))


def examples(count: int, seed: int) -> tuple[Tensor, Tensor]:
    source = Generator().manual_seed(seed)
    label, mode = torch.randint(2, (2, count), generator=source)
    x = MEANS[label, mode] + VARIANCE**0.5 * torch.randn(count, 2, generator=source)
    return x, label[:, None].float()


def train(module: nn.Module, loss: Any, steps: int, seed: int, rate: float) -> None:
    source, wanted = Generator().manual_seed(seed), [p for p in module.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(wanted, rate)
    for k in range(steps):
        optimizer.param_groups[0]["lr"] = rate * (1 - k / steps)
        optimizer.zero_grad()
        loss(source, *examples(256, 1000 * seed + k)).backward()
        optimizer.step()


def denoise(student: NetworkDenoiser, steps: int, seed: int) -> NetworkDenoiser:
    """Train a denoiser on the data."""

    def loss(source: Generator, x_0: Tensor, cond: Tensor) -> Tensor:
        t = 1e-3 + (1 - 1e-3) * torch.rand(len(x_0), generator=source, dtype=torch.float64)
        x_t = PROCESS.perturb(x_0, t, generator=source)
        ratio = torch.exp(2 * PROCESS.lambda_(t)).clamp(min=1)[:, None].float()
        return (ratio * (student(x_t, t, cond).mean - x_0).square()).mean()

    train(student, loss, steps, seed, 3e-3)
    return student


@pytest.fixture(scope="module")
def checkpoints() -> tuple[NetworkDenoiser, NetworkDenoiser]:
    """A denoiser, and the same trained further on other draws."""
    torch.manual_seed(0)
    first = denoise(NetworkDenoiser(Net(), PROCESS, Parameterisation.V), 300, 1)
    return first, denoise(deepcopy(first), 100, 2)


@cache
def exact() -> tuple[Tensor, Tensor, Tensor]:
    """Starts, conditions, and where the guided flow takes them."""
    cond, x_1 = examples(500, 9)[1], PROCESS.prior((500, 2), generator=Generator().manual_seed(8))
    return x_1, cond, teacher_states(ClassifierFree(Labelled(PROCESS), 2.0), x_1, GRID, steps=48, cond=cond)[:, 1]


@torch.no_grad()
def one_call_error(student: Denoiser) -> float:
    """Relative to the exact guided flow's."""
    x_1, cond, end = exact()
    found = integrate(ddim(), student, x_1, GRID, cond=cond)
    return float(((found - end).square().mean() / end.square().mean()).sqrt())


@pytest.mark.slow
def test_a_change_of_low_rank_is_a_guided_student_of_one_call_and_helps_another_checkpoint(checkpoints) -> None:
    first, other = deepcopy(checkpoints)
    before = one_call_error(first), one_call_error(other)
    adapt(first, 8, generator=Generator().manual_seed(3))
    assert one_call_error(first) == before[0]
    objective = ConsistencyObjective(first, ClassifierFree(Labelled(PROCESS), 2.0), grid=GRID, calls=6, states=2)
    kept = {name: value.clone() for name, value in first.state_dict().items() if name.endswith("original")}
    train(objective, objective, 80, 4, 1e-2)
    assert all(torch.equal(first.state_dict()[name], value) for name, value in kept.items())
    learned = one_call_error(first)
    assert learned < 0.4 * before[0]
    adapt(other, 8, generator=Generator().manual_seed(5))
    take_over(other, change_of(first))
    assert one_call_error(other) < 0.6 * before[1]
    x, cond = examples(64, 6)
    t = torch.linspace(1e-3, 1, 64, dtype=torch.float64)
    said = first(x, t, cond).mean
    merge(first)
    torch.testing.assert_close(first(x, t, cond).mean, said, rtol=0, atol=1e-6)
    assert one_call_error(first) == pytest.approx(learned, rel=1e-5)
