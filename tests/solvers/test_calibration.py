"""Calibration finds what serves states it has not seen, is kept in a file, and decides what `auto` does."""

from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor

from sciml.denoisers.conditioned import Conditioned
from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.denoisers.mixture import MixtureDenoiser
from sciml.denoisers.reference import exact_flow
from sciml.denoisers.statistics import principal_statistics
from sciml.io.errors import InputError
from sciml.processes.product import ProductProcess
from sciml.processes.ve import VE
from sciml.processes.vp import VPLinear
from sciml.solvers.automatic import automatic_schedule
from sciml.solvers.calibration import Calibration, Effort, Entry, calibrate
from sciml.solvers.calibration_file import load_calibration, save_calibration
from sciml.solvers.dpm_solver_v3 import model_statistics
from sciml.solvers.grids import log_snr_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.learned_grid import distance
from sciml.solvers.schedule import Choice, Knowledge, Schedule

F64 = torch.float64
EFFORT = Effort(reference_steps=40, refine=1, iterations=10, trials=5)


def oracle(process=None):
    weights, variances = torch.tensor([[0.4, 0.6], [0.01, 0.02]], dtype=F64)
    means = torch.tensor([[1.0, 0.0], [-1.0, 0.5]], dtype=F64)
    return MixtureDenoiser(process or VPLinear(), weights, means, variances)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def knowledge():
    data = oracle().sample(128, generator=generator(1))
    statistics = principal_statistics(data)
    return Knowledge(statistics, model_statistics(oracle(), data, statistics, generator=generator(2), points=16).form)


@pytest.fixture(scope="module")
def calibration():
    x = VPLinear().prior((32, 2), generator=generator(), dtype=F64)
    return calibrate(oracle(), x, [8, 4], generator=generator(), knowledge=knowledge(), effort=EFFORT)


def test_it_serves_states_it_has_not_seen(calibration):
    assert [entry.schedule.calls for entry in calibration.entries] == [4, 8]
    x = VPLinear().prior((64, 2), generator=generator(7), dtype=F64)
    for entry in calibration.entries:
        found, plain = entry.schedule, automatic_schedule(entry.schedule.calls, VPLinear())[0]
        exact = exact_flow(oracle(), x, found.grid[0], found.grid[-1], steps=100)
        ours, default = (
            float(distance(integrate(s.solver(calibration.knowledge), oracle(), x, s.grid), exact)) for s in (found, plain)
        )
        assert ours < default and ours < 0.5 * entry.ddim
        assert 0.5 < ours / entry.distance < 2


def test_a_file_keeps_it_whole(calibration, tmp_path):
    model = tmp_path / "model.safetensors"
    model.write_bytes(b"weights")
    save_calibration(tmp_path / "c.safetensors", calibration, model)
    again = load_calibration(tmp_path / "c.safetensors", model)
    assert again.entries == calibration.entries
    x = VPLinear().prior((4, 2), generator=generator(), dtype=F64)
    for form in ("whitened", "empirical"):
        schedule = replace(calibration.entries[0].schedule, choices=(Choice(form, 2, 2),))
        ends = [integrate(schedule.solver(c.knowledge), oracle(), x, schedule.grid) for c in (calibration, again)]
        assert torch.equal(*ends)


def test_a_file_belongs_to_one_model(calibration, tmp_path):
    model, path = tmp_path / "model.safetensors", tmp_path / "c.safetensors"
    model.write_bytes(b"weights")
    save_calibration(path, calibration, model)
    model.write_bytes(b"trained again")
    with pytest.raises(InputError, match=r"c\.safetensors: was made for another model than .*model\.safetensors"):
        load_calibration(path, model)
    with pytest.raises(InputError, match="not a readable safetensors file"):
        load_calibration(model, model)


def test_without_statistics_a_file_has_no_tensors(tmp_path):
    model = tmp_path / "model.safetensors"
    model.write_bytes(b"weights")
    save_calibration(tmp_path / "c.safetensors", Calibration(), model)
    again = load_calibration(tmp_path / "c.safetensors", model)
    assert again.entries == () and again.knowledge.data is None


def test_auto_takes_what_was_found_and_says_so(calibration):
    schedule, why = automatic_schedule(8, VPLinear(), calibration=calibration)
    assert schedule == calibration.entries[1].schedule and why == "calibrated on this model"
    schedule, why = automatic_schedule(12, VPLinear(), calibration=calibration)
    assert schedule.calls == 12 and why == "calibrated on this model for 8 calls"
    assert schedule.times[0] == 1 and schedule.times[-1] == calibration.entries[1].schedule.times[-1]
    assert (schedule.grid.diff() < 0).all()


def test_another_number_of_calls_keeps_the_order_of_choices():
    choices = (Choice("noise", 1), Choice("velocity", 2), Choice("data", 3), Choice("data", 1))
    times = tuple(log_snr_grid(VPLinear(), 4).tolist())
    calibration = Calibration((Entry(Schedule(choices, times), 0.1, 0.2),))
    schedule, _ = automatic_schedule(8, VPLinear(), calibration=calibration)
    assert schedule.choices == tuple(choice for choice in choices for _ in range(2))
    torch.testing.assert_close(schedule.grid[::2], torch.tensor(times, dtype=F64), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("calls", "known", "conditional", "choice", "analytic"),
    [
        (5, True, False, Choice("whitened", 3, 3), True),
        (5, False, False, Choice("straight", 3), False),
        (8, False, False, Choice("velocity", 3), False),
        (5, False, True, Choice("velocity", 3), False),
        (8, False, True, Choice("narrow", 3), False),
    ],
)
def test_auto_without_entries(calls, known, conditional, choice, analytic):
    calibration = Calibration(knowledge=knowledge()) if known else None
    schedule, _ = automatic_schedule(calls, VPLinear(), calibration=calibration, conditional=conditional)
    assert (schedule.choices, schedule.analytic_first, schedule.calls) == ((choice,), analytic, calls)


def test_auto_wants_a_call():
    with pytest.raises(ValueError, match="`calls` must be at least 1, got 0"):
        automatic_schedule(0, VPLinear())


class Shifted(Denoiser):
    """The oracle moved by a condition."""

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Dirac[Tensor]:
        alpha = self.process.alpha(t)
        return Dirac(oracle(self.process)(x_t - alpha * cond, t).mean + cond)


def test_each_state_keeps_its_condition():
    cond = torch.linspace(-2, 2, 12, dtype=F64)[:, None].expand(12, 2)
    x = VPLinear().prior((12, 2), generator=generator(), dtype=F64)
    denoiser = Shifted(VPLinear())
    (entry,) = calibrate(denoiser, x, [6], generator=generator(), cond=cond, effort=EFFORT).entries
    schedule, half = entry.schedule, slice(6, None)
    bound = Conditioned(denoiser, cond[half])
    exact = exact_flow(bound, x[half], schedule.grid[0], schedule.grid[-1], steps=100)
    ours = integrate(schedule.solver(), bound, x[half], schedule.grid)
    assert float(distance(ours, exact)) == pytest.approx(entry.distance, rel=0.05)


@dataclass(frozen=True)
class Pair:
    x: Tensor
    y: Tensor
    mask: Tensor


class Both(Denoiser):
    """Two independent mixtures on one clock, under different processes."""

    def forward(self, x_t: Pair, t: Tensor, cond: object = None) -> Dirac[Pair]:
        parts = self.process.parts
        return Dirac(replace(x_t, x=oracle(parts["x"])(x_t.x, t).mean, y=oracle(parts["y"])(x_t.y, t).mean))


def test_structured_states_are_calibrated_alike():
    process = ProductProcess({"x": VPLinear(), "y": VE()})
    like = Pair(torch.zeros(8, 2, dtype=F64), torch.zeros(8, 2, dtype=F64), torch.ones(8, 2, dtype=torch.bool))
    x = process.prior(like, generator=generator())
    (entry,) = calibrate(Both(process), x, [6], generator=generator(), effort=EFFORT).entries
    assert entry.distance < entry.ddim


def test_one_state_cannot_be_halved():
    x = VPLinear().prior((1, 2), generator=generator(), dtype=F64)
    with pytest.raises(ValueError, match="`x` must hold at least 2 states, half to choose and half to judge, got 1"):
        calibrate(oracle(), x, [5], generator=generator())
