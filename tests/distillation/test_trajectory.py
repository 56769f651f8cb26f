"""Students of whole trajectories: what they say is where the flow goes, and each method asks for just that."""

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Generator, Tensor, nn

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.denoisers.gaussian import GaussianDenoiser
from sciml.denoisers.network import NetworkDenoiser
from sciml.distillation.boot import BootObjective
from sciml.distillation.jump import d_between, heun_jump, jump
from sciml.distillation.pid import PIDObjective
from sciml.distillation.signal import Signal
from sciml.distillation.trajectory import Trajectory
from sciml.numerics.broadcasting import broadcast_time
from sciml.numerics.graph_state import GraphState
from sciml.processes.graph import GraphProcess
from sciml.processes.parameterisation import Parameterisation
from sciml.processes.parts import map_parts
from sciml.processes.ve import VE
from sciml.processes.vp import VPCosine, VPLinear
from sciml.solvers.ddim import ddim
from sciml.solvers.grids import log_snr_grid, sinh_grid, uniform_grid
from sciml.solvers.integrate import integrate

from .gaussian_graphs import GaussianGraphs, blank, graph_flow

ONE = torch.ones((), dtype=torch.float64)


class Exact(nn.Module):
    """d_t of a student that knows the flow, plus an offset that can be learned."""

    def __init__(self, teacher: GaussianDenoiser) -> None:
        super().__init__()
        self.offset = nn.Parameter(torch.zeros((), dtype=torch.float64))
        self._teacher = (teacher,)

    def forward(self, unit: Tensor, t: Tensor, cond: Any = None) -> Tensor:
        teacher, time = self._teacher[0], broadcast_time(t, unit)
        process = teacher.process
        x_1 = unit * process.sigma(ONE)
        kept = process.sigma(time) / process.sigma(ONE)
        reach = process.alpha(time) - kept * process.alpha(ONE)
        d = (teacher.flow(x_1, ONE, t) - kept * x_1) / torch.where(time == 1, ONE, reach)
        return torch.where(time == 1, teacher(x_1, ONE).mean, d) + self.offset


@pytest.fixture
def teacher() -> GaussianDenoiser:
    covariance = torch.tensor([[0.09, 0.03], [0.03, 0.25]], dtype=torch.float64)
    return GaussianDenoiser(VPLinear(), torch.tensor([0.4, -0.2], dtype=torch.float64), covariance)


@pytest.fixture
def exact(teacher: GaussianDenoiser) -> Trajectory:
    return Trajectory(Exact(teacher), teacher.process)


@pytest.fixture
def data() -> Tensor:
    return torch.zeros(4096, 2, dtype=torch.float64)


def source(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def starts(teacher, count: int = 64):
    return teacher.process.prior((count, 2), generator=source(), dtype=torch.float64)


def test_a_jump_is_the_step_of_ddim(teacher):
    x = starts(teacher)
    t, s = torch.tensor([1.0, 0.3], dtype=torch.float64)
    expected = integrate(ddim(), teacher, x, torch.stack([t, s]))
    torch.testing.assert_close(jump(teacher.process, x, teacher(x, t).mean, t, s), expected)


@pytest.mark.parametrize(("order", "rule"), [(1, lambda d, x, t, s: d(x, t).mean), (2, heun_jump)])
def test_a_jump_of_what_the_flow_says_has_its_order(teacher, order: int, rule):
    x, t = starts(teacher), torch.tensor(0.5, dtype=torch.float64)
    errors = []
    for step in (0.01, 0.005):
        reached = jump(teacher.process, x, rule(teacher, x, t, t - step), t, t - step)
        errors.append((reached - teacher.flow(x, t, t - step)).abs().max())
    assert (errors[0] / errors[1]).log2().item() == pytest.approx(order + 1, abs=0.2)


def test_the_exact_student_follows_the_flow_and_takes_one_call(teacher, exact):
    x = starts(teacher)
    times = torch.linspace(1e-3, 1, 64, dtype=torch.float64)
    torch.testing.assert_close(exact.state(x, times), teacher.flow(x, ONE, times))
    seen = []
    end = integrate(ddim(), exact, x, torch.tensor([1.0, 1e-3], dtype=torch.float64), callback=seen.append)
    torch.testing.assert_close(end, teacher.flow(x, ONE, torch.tensor(1e-3, dtype=torch.float64)))
    assert seen[-1].nfe == 1


def test_another_time_than_that_of_noise_is_refused(exact):
    with pytest.raises(ValueError, match="`t` must be 1: this student says only where noise ends, got 0.5"):
        exact(torch.zeros(3, 2, dtype=torch.float64), torch.tensor(0.5))


def test_a_denoiser_as_signal_is_itself_at_the_end_and_told_the_way_left_before():
    """The network says what it is told: d by x_0 parameterisation; the end is what it says at t = 1."""

    class Told(nn.Module):
        def forward(self, x: Tensor, t: Tensor, cond: Tensor) -> Tensor:
            return (x + cond) * t[:, None]

    process = VPCosine()
    denoiser = NetworkDenoiser(Told(), process, Parameterisation.X0)
    student = Trajectory(Signal(denoiser, 0.1), process, 0.1)
    x, cond = torch.randn(5, 2, generator=source(), dtype=torch.float64), torch.full((5, 1), 3.0).double()
    torch.testing.assert_close(student(x, ONE, cond).mean, denoiser(x, ONE, cond).mean)
    times = torch.tensor([1.0, 0.7, 0.4, 0.2, 0.1], dtype=torch.float64)
    told = torch.tensor([0.1, 0.4, 0.7, 0.9, 1.0], dtype=torch.float64)
    torch.testing.assert_close(student.signal(x, times, cond), (x + cond) * told[:, None])


@pytest.mark.parametrize("make", [sinh_grid, log_snr_grid])
def test_the_equation_holds_for_the_flow_up_to_the_derivative(teacher, exact, data, make):
    """The residual of the exact student falls as the step squared, and one that is off by c has c^2."""
    losses = [PIDObjective(exact, teacher, make(teacher.process, n))(source(), data).item() for n in (100, 200, 400)]
    for a, b in pairwise(losses):
        assert a / b == pytest.approx(4, rel=0.3)
    with torch.no_grad():
        exact.net.offset.fill_(0.5)
    moved = PIDObjective(exact, Same(teacher), make(teacher.process, 400))(source(), data).item()
    assert moved == pytest.approx(0.25, rel=0.05)


class Same(Denoiser):
    """A teacher that says the same at a state that is moved by what an offset of .5 in d moves it."""

    def __init__(self, teacher) -> None:
        super().__init__(teacher.process)
        self.teacher = teacher

    def forward(self, x_t, t, cond=None):
        process = self.process
        time = t[:, None]
        reach = process.alpha(time) - process.sigma(time) / process.sigma(ONE) * process.alpha(ONE)
        return Dirac(self.teacher(x_t - 0.5 * reach, t).mean)


def test_the_teacher_takes_no_gradient_and_is_no_part_of_what_is_trained(teacher, exact, data):
    for objective in (
        PIDObjective(exact, teacher, uniform_grid(teacher.process, 50)),
        BootObjective(exact, teacher, uniform_grid(teacher.process, 50)),
    ):
        assert [name for name, _ in objective.named_parameters()] == ["student.net.offset"]
        objective(source(), data).backward()
        assert exact.net.offset.grad is not None


@pytest.mark.parametrize(("second", "order"), [(False, 1), (True, 2)])
def test_where_boot_leads_is_the_teacher_s_own_rule(teacher, second: bool, order: int):
    """Going down the grid by its targets is integrating by DDIM, or by the trapezoidal rule: the error has their order."""
    x, process, errors = starts(teacher, 8), teacher.process, []
    for steps in (64, 128):
        grid = log_snr_grid(process, steps)
        student = Remembering(teacher)
        for k in range(steps):
            objective = BootObjective(student, teacher, grid, second_order=second)
            student.values[grid[k + 1].item()] = objective.target(x, grid[k], grid[k + 1])
        end = student.state(x, grid[-1])
        errors.append((end - teacher.flow(x, ONE, grid[-1])).abs().max())
    assert (errors[0] / errors[1]).log2().item() == pytest.approx(order, abs=0.25)


class Drifting(Trajectory):
    """A student that is wrong by t / 2 on a teacher that always says 3."""

    def signal(self, x_1, t, cond=None):
        return 3 + 0.5 * broadcast_time(t, x_1).expand_as(x_1)


def test_the_loss_of_boot_by_hand(teacher, data):
    """(d_s - d_t - w (D - d_t)) / w = (s / 2 - t / 2 + w t / 2) / w, at neighbours drawn after the noise."""

    class Certain(Denoiser):
        def forward(self, x_t, t, cond=None):
            return Dirac(torch.full_like(x_t, 3.0))

    process = teacher.process
    grid = log_snr_grid(process, 5)
    found = BootObjective(Drifting(nn.Identity(), process), Certain(process), grid, second_order=False)(source(), data)
    drawn = source()
    process.prior(data.shape, generator=drawn, dtype=data.dtype)
    at = torch.randint(5, data.shape[:1], generator=drawn)
    t, s, lambda_ = grid[at], grid[at + 1], process.lambda_
    w = (1 - (lambda_(t) - lambda_(s)).exp()) / (1 - (lambda_(ONE) - lambda_(s)).exp())
    torch.testing.assert_close(found, (((s - t + w * t) / 2 / w) ** 2).mean())


@pytest.mark.parametrize("method", [PIDObjective, BootObjective])
def test_grids_that_lead_nowhere_are_refused(teacher, exact, method):
    end = teacher.process.t_min
    for grid, message in (
        ([0.5, end], "`grid` must fall from 1, got 0.5 to"),
        ([1.0, 0.2, 0.4, end], "`grid` must fall from 1, got 1 to"),
        ([1.0, 0.5], "`grid` must end where the student does, at"),
    ):
        with pytest.raises(ValueError, match=message):
            method(exact, teacher, torch.tensor(grid, dtype=torch.float64))
    with pytest.raises(ValueError, match="`grid` must leave some noise at its end, got 1 to 0, where lambda is infinite"):
        method(
            Trajectory(exact.net, teacher.process, t_end=0.0), teacher, torch.tensor([1.0, 0.5, 0.0], dtype=torch.float64)
        )
    other = Trajectory(exact.net, VPCosine(), t_end=end)
    with pytest.raises(ValueError, match="`student` and `teacher` must have one process"):
        method(other, teacher, torch.tensor([1.0, 0.5, end], dtype=torch.float64))


class ExactGraphs(nn.Module):
    """d_t of a student that knows the flow of graphs."""

    def __init__(self, teacher: GaussianGraphs) -> None:
        super().__init__()
        self._teacher = (teacher,)

    def forward(self, unit: GraphState, t: Tensor, cond: Any = None) -> GraphState:
        teacher = self._teacher[0]
        x_1 = map_parts(teacher.process, lambda part, x: x * part.sigma(ONE), unit)
        began = t == 1
        d = d_between(teacher.process, x_1, graph_flow(teacher.process, x_1, t), ONE, torch.where(began, 0.5, t))
        at_once = teacher(x_1, ONE).mean
        return map_parts(teacher.process, lambda _, a, b: torch.where(broadcast_time(began, a).bool(), b, a), d, at_once)


def test_states_may_be_graphs():
    """Each part with a process of its own: one call is the whole flow; what methods miss there has their order, squared."""
    teacher = GaussianGraphs(GraphProcess(VPLinear(), VE(0.01, 20.0)))
    student, like = Trajectory(ExactGraphs(teacher), teacher.process, t_end=0.01), blank(4096)
    x_1 = teacher.process.prior(like, generator=source())
    end = torch.tensor(0.01, dtype=torch.float64)
    found, exact = integrate(ddim(), student, x_1, torch.stack([ONE, end])), graph_flow(teacher.process, x_1, end)
    torch.testing.assert_close((found.x, found.adj), (exact.x, exact.adj))
    lead = teacher.process.parts["adj"]
    for method, order in ((PIDObjective, 1), (BootObjective, 2)):
        grids = [log_snr_grid(lead, steps, t_end=0.01) for steps in (50, 100, 200)]
        losses = [method(student, teacher, grid)(source(), like).item() for grid in grids]
        for a, b in pairwise(losses):
            assert a / b == pytest.approx(4**order, rel=0.3)


class Remembering(Trajectory):
    """A student that says what it was told."""

    def __init__(self, teacher) -> None:
        super().__init__(Exact(teacher), teacher.process)
        self.values: dict[float, torch.Tensor] = {}

    def signal(self, x_1, t, cond=None):
        return self.values.get(t.flatten()[0].item(), torch.zeros_like(x_1))
