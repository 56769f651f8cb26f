"""Consistency: the student that knows where the teacher's flow ends has no loss, on any grid and for any state."""

from typing import Any

import pytest
import torch
from torch import Generator, Tensor

from sciml.denoisers.counting import Counting
from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.distillation.chain import teacher_chain
from sciml.distillation.consistency import ConsistencyObjective
from sciml.distillation.jump import d_between
from sciml.distillation.segments import between, segment_of, segment_times
from sciml.losses.times import uniform_times
from sciml.numerics.broadcasting import broadcast_time
from sciml.numerics.graph_state import GraphState, pair_mask, symmetrised
from sciml.processes.graph import GraphProcess
from sciml.processes.parts import map_parts
from sciml.processes.ve import VE
from sciml.processes.vp import VPCosine, VPLinear
from sciml.solvers.ddim import ddim
from sciml.solvers.grids import log_snr_grid, uniform_grid
from sciml.solvers.integrate import integrate

MEAN = torch.tensor([0.4, -0.2], dtype=torch.float64)
COVARIANCE = torch.tensor([[0.09, 0.03], [0.03, 0.25]], dtype=torch.float64)
PROCESSES = [VPLinear(), VE(0.01, 50.0)]


def source(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def draws(count: int = 512) -> Tensor:
    return MEAN + torch.randn(count, 2, generator=source(1), dtype=torch.float64) @ torch.linalg.cholesky(COVARIANCE).T


class Exact(Denoiser):
    """Says of every state what leads to the end of its step, off by a number."""

    def __init__(self, teacher: GaussianDenoiser, grid: Tensor, off: float = 0.0) -> None:
        super().__init__(teacher.process)
        self.teacher, self.grid, self.off = teacher, grid, off

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Dirac[Tensor]:
        t = t.expand(len(x_t))
        after = torch.searchsorted(-self.grid, 1e-12 - t, right=True)
        s = torch.where(after < len(self.grid), self.grid[after.clamp(max=len(self.grid) - 1)], t / 2)
        d = d_between(self.process, x_t, self.teacher.flow(x_t, t, s), t, s)
        return Dirac(d + self.off)


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize(("points", "reach"), [(1, 1.0), (3, 1.0), (1, 0.3), (3, 0.5)])
def test_the_map_of_the_flow_has_no_loss_but_that_of_the_chain(process, points: int, reach: float) -> None:
    """Of 60 steps, which are wrong by some 1e-4."""
    teacher, grid = GaussianDenoiser(process, MEAN, COVARIANCE), log_snr_grid(process, points, t_end=0.02)
    student = Exact(teacher, grid)
    objective = ConsistencyObjective(student, teacher, grid=grid, calls=60, states=1, reach=reach)
    assert objective(source(), draws(64)).item() < 1e-6


@pytest.mark.parametrize("process", PROCESSES)
def test_the_loss_of_a_student_that_is_wrong_is_that_of_where_it_leads(process) -> None:
    """Off by c in d it is off by c (alpha_s - sigma_s / sigma_t alpha_t) in the state, weighed by max(1, SNR)."""
    teacher, grid = GaussianDenoiser(process, MEAN, COVARIANCE), log_snr_grid(process, 2, t_end=0.02)
    t = 0.02 + 0.98 * torch.rand(512, generator=source(3), dtype=torch.float64)
    objective = ConsistencyObjective(Exact(teacher, grid, 0.3), teacher, lambda n, g: t, grid=grid, calls=60, states=1)
    s = torch.where(t > grid[1], grid[1], grid[2])
    reach = process.alpha(s) - process.sigma(s) / process.sigma(t) * process.alpha(t)
    expected = ((process.alpha(t) / process.sigma(t)).square().clamp(min=1) * (0.3 * reach) ** 2).mean()
    assert objective(source(), draws()).item() == pytest.approx(expected.item(), rel=2e-3)


def test_the_condition_is_told_to_teacher_and_student() -> None:
    process = VPLinear()

    class Moved(Denoiser):
        def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Dirac[Tensor]:
            return Dirac(GaussianDenoiser(process, MEAN, COVARIANCE)(x_t, t).mean + cond)

    class Ends(Denoiser):
        """Of a teacher whose answer is moved by c the whole flow is moved by the flow of c."""

        def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Dirac[Tensor]:
            times = [between(process, t, torch.full_like(t, 0.02), k / 20) for k in range(21)]
            end = teacher_chain(Moved(process), x_t, times, cond)[-1]
            return Dirac(d_between(process, x_t, end, t, times[-1]))

    grid, cond = log_snr_grid(process, 1, t_end=0.02), torch.randn(64, 2, generator=source(), dtype=torch.float64)
    objective = ConsistencyObjective(Ends(process), Moved(process), uniform_times(0.1), grid=grid, calls=20, states=1)
    assert objective(source(), draws(64), cond).item() < 1e-12
    assert objective(source(), draws(64), cond + 1).item() < 1e-12


def test_the_student_learns_from_states_on_the_way() -> None:
    """With as many states as steps the loss is the mean over all but the last state of the chain."""
    process = VPLinear()
    teacher, grid = GaussianDenoiser(process, MEAN, COVARIANCE), log_snr_grid(process, 1, t_end=0.02)
    student, t = Exact(teacher, grid, 0.3), torch.full((512,), 1.0, dtype=torch.float64)
    objective = ConsistencyObjective(student, teacher, lambda n, g: t, grid=grid, calls=16, states=16)
    times = log_snr_grid(process, 16, t_end=0.02)[:-1]
    s = grid[1]
    reach = process.alpha(s) - process.sigma(s) / process.sigma(times) * process.alpha(times)
    expected = (torch.exp(2 * process.lambda_(times)).clamp(min=1) * (0.3 * reach) ** 2).mean()
    assert objective(source(), draws()).item() == pytest.approx(expected.item(), rel=0.03)


@pytest.mark.parametrize("process", PROCESSES)
def test_a_chain_is_the_flow_to_second_order(process) -> None:
    teacher, t = GaussianDenoiser(process, MEAN, COVARIANCE), torch.linspace(0.3, 1, 64, dtype=torch.float64)
    x, end, errors = teacher.process.prior((64, 2), generator=source(), dtype=torch.float64), torch.full_like(t, 0.05), []
    for steps in (100, 200):
        counting = Counting(teacher)
        times = [between(process, t, end, k / steps) for k in range(steps + 1)]
        states = teacher_chain(counting, x, times)
        assert counting.nfe == steps + 1
        errors.append([(states[k] - teacher.flow(x, t, times[k])).abs().max() for k in (steps // 2, steps)])
    for coarse, fine in zip(*errors, strict=True):
        assert (coarse / fine).log2().item() > 1.6


def test_the_step_of_a_time_is_the_one_that_it_lies_in() -> None:
    grid = torch.tensor([1.0, 0.6, 0.25, 0.01], dtype=torch.float64)
    t = torch.tensor([1.0, 0.61, 0.6, 0.3, 0.25, 0.1, 0.01], dtype=torch.float64)
    begin, end = segment_of(grid, t)
    assert begin.tolist() == [1.0, 1.0, 0.6, 0.6, 0.25, 0.25, 0.25]
    assert end.tolist() == [0.6, 0.6, 0.25, 0.25, 0.01, 0.01, 0.01]


def test_times_are_half_at_the_beginnings_of_steps_and_else_even_in_log_snr() -> None:
    process, n = VPCosine(), 60_000
    grid = uniform_grid(process, 3)
    t = segment_times(process, grid, 0.5, n, source())
    begin, end = segment_of(grid, t)
    for k in range(3):
        own = begin == grid[k]
        assert own.double().mean().item() == pytest.approx(1 / 3, abs=0.01)
        assert (t[own] == grid[k]).double().mean().item() == pytest.approx(0.5, abs=0.015)
    inner = t < begin
    first, last = process.lambda_(begin[inner]), process.lambda_(end[inner])
    share = ((process.lambda_(t[inner]) - first) / (last - first)).sort().values
    assert (share - torch.linspace(0, 1, len(share), dtype=torch.float64)).abs().max().item() < 2 / len(share) ** 0.5


def test_several_steps_are_sampled_by_ddim() -> None:
    process = VPLinear()
    teacher, grid = GaussianDenoiser(process, MEAN, COVARIANCE), log_snr_grid(process, 3)
    x = process.prior((64, 2), generator=source(), dtype=torch.float64)
    torch.testing.assert_close(integrate(ddim(), Exact(teacher, grid), x, grid), teacher.flow(x, grid[0], grid[-1]))


def test_states_may_be_graphs() -> None:
    """Entries that are independent Gaussians, each part with a process of its own."""
    process, variance = GraphProcess(VPLinear(), VE(0.01, 20.0)), 0.3
    grid = torch.tensor([1.0, 0.4, 0.05], dtype=torch.float64)

    class Shrinks(Denoiser):
        def forward(self, x_t: Any, t: Tensor, cond: Any = None) -> Dirac[Any]:
            def mean(part, x: Tensor) -> Tensor:
                alpha, sigma = (f(broadcast_time(t, x)) for f in (part.alpha, part.sigma))
                return alpha * variance / (alpha**2 * variance + sigma**2) * x

            return Dirac(map_parts(self.process, mean, x_t))

    class Ends(Denoiser):
        def forward(self, x_t: Any, t: Tensor, cond: Any = None) -> Dirac[Any]:
            s = segment_of(grid, t)[1]

            def scaled(part, x: Tensor) -> Tensor:
                before, after = (
                    part.alpha(broadcast_time(k, x)) ** 2 * variance + part.sigma(broadcast_time(k, x)) ** 2 for k in (t, s)
                )
                return x * (after / before).sqrt()

            return Dirac(d_between(self.process, x_t, map_parts(self.process, scaled, x_t), t, s))

    mask = torch.tensor([[True, True, True], [True, True, False]]).repeat(8, 1)
    x = variance**0.5 * torch.randn(16, 3, 2, generator=source(), dtype=torch.float64) * mask[..., None]
    adj = symmetrised(torch.randn(16, 3, 3, generator=source(), dtype=torch.float64)) * pair_mask(mask)
    objective = ConsistencyObjective(Ends(process), Shrinks(process), grid=grid, calls=80, states=3)
    assert objective(source(), GraphState(x, variance**0.5 * adj, mask)).item() < 1e-6


@pytest.mark.parametrize("options", [{"states": 0}, {"calls": 3}, {"reach": 0.0}, {"reach": 1.1}])
def test_bad_settings_are_named(options: dict[str, float]) -> None:
    teacher = GaussianDenoiser(VPLinear(), MEAN, COVARIANCE)
    with pytest.raises(ValueError, match=r"`states` must be 1 to `calls` and `reach` in \(0, 1\], got"):
        ConsistencyObjective(teacher, teacher, **options)  # type: ignore[arg-type]


def test_a_grid_that_ends_without_noise_is_refused() -> None:
    teacher = GaussianDenoiser(VPLinear(), MEAN, COVARIANCE)
    with pytest.raises(ValueError, match="`grid` must leave some noise at its end, got 0, where lambda is infinite"):
        ConsistencyObjective(teacher, teacher, grid=torch.tensor([1.0, 0.0], dtype=torch.float64))
