"""Consistency: the student that knows the flow has no loss, and the gap between its times closes as one trains."""

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Generator, Tensor

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.distillation.consistency import ConsistencyObjective
from sciml.losses.times import uniform_times
from sciml.numerics.broadcasting import broadcast_time
from sciml.processes.ve import VE
from sciml.processes.vp import VPLinear

MEAN = torch.tensor([0.4, -0.2], dtype=torch.float64)
COVARIANCE = torch.tensor([[0.09, 0.03], [0.03, 0.25]], dtype=torch.float64)


class Exact(Denoiser):
    """Says of every state what leads to the end of its flow."""

    def __init__(self, teacher: GaussianDenoiser, t_end: float) -> None:
        super().__init__(teacher.process)
        self.teacher, self.t_end = teacher, torch.tensor(t_end, dtype=torch.float64)

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Dirac[Tensor]:
        process, time = self.process, broadcast_time(t, x_t)
        kept = process.sigma(self.t_end) / process.sigma(time)
        reach = process.alpha(self.t_end) - kept * process.alpha(time)
        d = (self.teacher.flow(x_t, t, self.t_end) - kept * x_t) / torch.where(reach == 0, 1.0, reach)
        return Dirac(torch.where(reach == 0, x_t / process.alpha(time), d))


def draws(count: int = 512) -> Tensor:
    noise = torch.randn(count, 2, generator=Generator().manual_seed(1), dtype=torch.float64)
    return MEAN + noise @ torch.linalg.cholesky(COVARIANCE).T


@pytest.mark.parametrize("process", [VPLinear(), VE(0.01, 50.0)])
def test_the_map_of_the_flow_has_no_loss_but_that_of_the_step(process) -> None:
    """It falls as the third power of the gap over the gap, the norm being that of the difference."""
    teacher, t_end, losses = GaussianDenoiser(process, MEAN, COVARIANCE), 0.05, []
    for share in (0.3, 0.45, 0.6):
        objective = ConsistencyObjective(Exact(teacher, t_end), teacher, uniform_times(t_end), t_end=t_end, norm=1e-9)
        objective.advance(share)
        losses.append(objective(Generator().manual_seed(0), draws()).item())
    assert losses[0] < 0.05
    for a, b in pairwise(losses):
        assert a / b == pytest.approx(4, rel=0.35)


def test_without_a_teacher_the_other_state_has_the_same_noise() -> None:
    """A student that says x_0 of whatever it is shown has no loss: both its states are of one x_0."""

    class Knows(Denoiser):
        def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Dirac[Tensor]:
            return Dirac(cond)

    process, x_0 = VE(0.01, 50.0), draws()
    objective = ConsistencyObjective(Knows(process), None, uniform_times(0.0), norm=1e-9)
    noise_left = objective(Generator().manual_seed(0), x_0, x_0).item()
    assert noise_left < 1e-12


def test_the_gap_begins_wide_and_closes() -> None:
    process = VE(0.01, 50.0)
    objective = ConsistencyObjective(GaussianDenoiser(process, MEAN, COVARIANCE), None, uniform_times(0.0))
    t = torch.linspace(0.01, 1, 50, dtype=torch.float64)
    gaps = []
    for share in (0.0, 0.5, 0.99):
        objective.advance(share)
        r = objective.before(t)
        assert (r < t).all() and (r >= 0).all()
        gaps.append((objective.kappa(t) - objective.kappa(r)) / objective.kappa(t))
    assert (gaps[0] >= gaps[1]).all() and (gaps[1] >= gaps[2]).all()
    large = gaps[0][-1].item(), gaps[1][-1].item(), gaps[2][-1].item()
    assert large == pytest.approx((1 / 2, 1 / 32, 1 / 256), rel=1e-6)


def test_the_first_gap_at_low_noise_reaches_the_data() -> None:
    """There the loss is that of a denoiser: the student begins as one."""
    process = VE(0.01, 50.0)
    objective = ConsistencyObjective(GaussianDenoiser(process, MEAN, COVARIANCE), None, uniform_times(0.0))
    assert objective.before(torch.tensor([0.3], dtype=torch.float64)).item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("options", [{"ratio": 1.0}, {"norm": 0.0}])
def test_bad_settings_are_named(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="`ratio` must be above 1 and `norm` positive, got"):
        ConsistencyObjective(GaussianDenoiser(VPLinear(), MEAN, COVARIANCE), None, uniform_times(1e-3), **options)
