"""Consistency without a teacher: two states of one noise, whose times draw near as one trains."""

from typing import Any

import pytest
import torch
from torch import Generator, Tensor

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.distillation.consistency_training import ConsistencyTrainingObjective
from sciml.distillation.segments import segment_of
from sciml.losses.times import uniform_times
from sciml.processes.ve import VE
from sciml.processes.vp import VPLinear


class Knows(Denoiser):
    """Says what it is told, off by a number at late times."""

    def __init__(self, process, off: float = 0.0, after: float = 1.0) -> None:
        super().__init__(process)
        self.off, self.after = off, after

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Dirac[Tensor]:
        return Dirac(cond + self.off * (t > self.after).to(x_t)[:, None])


X_0 = torch.randn(512, 2, generator=Generator().manual_seed(1), dtype=torch.float64)
GRID = torch.tensor([1.0, 0.5, 0.02], dtype=torch.float64)


@pytest.mark.parametrize("process", [VE(0.01, 50.0), VPLinear()])
def test_a_student_that_knows_the_data_has_no_loss(process) -> None:
    """Both its states are of one x_0 and one noise, and lead to the same end of a step."""
    objective = ConsistencyTrainingObjective(Knows(process), uniform_times(0.02), grid=GRID, norm=1e-9)
    assert objective(Generator().manual_seed(0), X_0, X_0).item() < 1e-12


def test_the_loss_is_the_norm_of_what_is_wrong_over_the_gap() -> None:
    """Off by c at t alone: f is off by c (1 - sigma_s / sigma_t) in each of two numbers."""
    process, c, norm, t = VE(0.01, 50.0), 0.3, 0.1, torch.full((512,), 0.8, dtype=torch.float64)
    objective = ConsistencyTrainingObjective(Knows(process, c, 0.79), lambda n, g: t, grid=GRID, norm=norm)
    gap = process.sigma(t[0]) - process.sigma(objective.before(t)[0])
    off = 2**0.5 * c * (1 - process.sigma(GRID[1]) / process.sigma(t[0]))
    scale = norm * 2**0.5
    expected = ((off**2 + scale**2).sqrt() - scale) / gap
    assert objective(Generator().manual_seed(0), X_0, X_0).item() == pytest.approx(expected.item(), rel=1e-9)


def test_the_gap_begins_wide_closes_and_stays_within_its_step() -> None:
    objective = ConsistencyTrainingObjective(Knows(VE(0.01, 50.0)), uniform_times(0.0))
    t, gaps = torch.linspace(0.01, 1, 50, dtype=torch.float64), []
    for share in (0.0, 0.5, 0.99):
        objective.advance(share)
        r = objective.before(t)
        assert (r < t).all() and (r >= 0).all()
        gaps.append((objective.kappa(t) - objective.kappa(r)) / objective.kappa(t))
    assert (gaps[0] >= gaps[1]).all() and (gaps[1] >= gaps[2]).all()
    large = gaps[0][-1].item(), gaps[1][-1].item(), gaps[2][-1].item()
    assert large == pytest.approx((1 / 2, 1 / 32, 1 / 256), rel=1e-6)
    several = ConsistencyTrainingObjective(Knows(VE(0.01, 50.0)), uniform_times(0.0), grid=GRID)
    inside = t[t > GRID[-1]]
    assert (several.before(inside) >= segment_of(GRID, inside)[1]).all()


def test_the_first_gap_at_low_noise_reaches_the_data() -> None:
    """There the loss is that of a denoiser: the student begins as one."""
    objective = ConsistencyTrainingObjective(Knows(VE(0.01, 50.0)), uniform_times(0.0))
    assert objective.before(torch.tensor([0.3], dtype=torch.float64)).item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("options", [{"ratio": 1.0}, {"norm": 0.0}])
def test_bad_settings_are_named(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="`ratio` must be above 1 and `norm` positive, got"):
        ConsistencyTrainingObjective(Knows(VPLinear()), uniform_times(1e-3), **options)
