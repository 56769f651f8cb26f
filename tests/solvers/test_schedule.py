"""Schedules are recipes and grids as plain values, and a search over them finds better ones."""

import json
import math

import pytest
import torch

from sciml.denoisers.mixture import MixtureDenoiser
from sciml.denoisers.reference import exact_flow
from sciml.denoisers.statistics import principal_statistics
from sciml.processes.vp import VPLinear
from sciml.solvers.exponential.form import DATA
from sciml.solvers.exponential.integrator import _compiled
from sciml.solvers.exponential.plain import exponential
from sciml.solvers.grids import log_snr_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.learned_grid import distance
from sciml.solvers.schedule import Choice, Knowledge, Schedule, schedule_from_plain, schedule_on
from sciml.solvers.schedule_search import search_schedule
from sciml.solvers.whitened import whitened

F64 = torch.float64
FORMS = ["data", "noise", "velocity"]


def oracle():
    weights, variances = torch.tensor([[0.4, 0.6], [0.01, 0.02]], dtype=F64)
    return MixtureDenoiser(VPLinear(), weights, torch.tensor([[1.0, 0.0], [-1.0, 0.5]], dtype=F64), variances)


def start(n, seed=0):
    return VPLinear().prior((n, 2), generator=torch.Generator().manual_seed(seed), dtype=F64)


def run(schedule, x, knowledge=None):
    return integrate(schedule.solver(knowledge), oracle(), x, schedule.grid)


def test_a_schedule_is_its_solver_on_its_grid():
    grid = log_snr_grid(VPLinear(), 5)
    schedule = schedule_on([Choice("data", 2, 2)], grid)
    assert schedule.calls == 5 and schedule.solver().order == 3
    assert torch.equal(run(schedule, start(4)), integrate(exponential(DATA, 2, corrector=2), oracle(), start(4), grid))


def test_a_whitened_schedule_is_the_whitened_solver():
    knowledge = Knowledge(principal_statistics(oracle().sample(64, generator=torch.Generator().manual_seed(1))))
    schedule = schedule_on([Choice("whitened", 3, 3)], log_snr_grid(VPLinear(), 5), analytic_first=True)
    assert schedule.calls == 4
    expected = integrate(whitened(knowledge.data, 3), oracle(), start(4), schedule.grid)
    torch.testing.assert_close(run(schedule, start(4), knowledge), expected, rtol=0, atol=1e-12)


def test_mixed_choices_survive_json():
    choices = (Choice("noise", 1), Choice("velocity", 2, 1), Choice("data", 3))
    schedule = Schedule(choices, tuple(log_snr_grid(VPLinear(), 6).tolist()))
    again = schedule_from_plain(json.loads(json.dumps(schedule.to_plain())))
    assert again == schedule and str(again) == "noise 1 then velocity 2 corrected with 1 then data 3"
    assert torch.equal(run(again, start(4)), run(schedule, start(4)))


def test_programs_of_known_statistics_are_compiled_once():
    knowledge = Knowledge(principal_statistics(oracle().sample(64, generator=torch.Generator().manual_seed(1))))
    schedule = schedule_on([Choice("whitened", 2)], log_snr_grid(VPLinear(), 3))
    before = _compiled.cache_info().misses
    for _ in range(3):
        run(schedule, start(2), knowledge)
    assert _compiled.cache_info().misses == before + 1


@pytest.mark.parametrize("times", [(0.5, 0.7), (1.0, 1.0), (2.0, 0.5), (1.0, float("nan"))])
def test_times_decrease(times):
    with pytest.raises(ValueError, match=r"`times` must be numbers that decrease within \[0, 1\], got"):
        Schedule((Choice("data", 1),), times)


def test_what_cannot_be_is_refused():
    grid = log_snr_grid(VPLinear(), 2)
    with pytest.raises(
        ValueError, match="`form` must be data, noise, velocity, narrow, straight, whitened or empirical, got 'eps'"
    ):
        Choice("eps", 1)
    with pytest.raises(ValueError, match="`choices` must be 1 to 2, one for each step, got 3"):
        schedule_on([Choice("data", 1)] * 3, grid)
    for schedule in (
        schedule_on([Choice("whitened", 1)], grid),
        schedule_on([Choice("empirical", 1)], grid),
        schedule_on([Choice("data", 1)], grid, analytic_first=True),
    ):
        with pytest.raises(ValueError, match="`knowledge` must have the statistics that this schedule needs"):
            schedule.solver()


def search(trials, seed=0):
    x = start(24)
    grid = log_snr_grid(VPLinear(), 5)
    exact = exact_flow(oracle(), x, grid[0], grid[-1], steps=100)
    population = [schedule_on([Choice(form, 2)], grid) for form in FORMS]

    def score(schedule):
        return float(distance(run(schedule, x), exact))

    generator = torch.Generator().manual_seed(seed)
    found = search_schedule(score, VPLinear(), population, forms=FORMS, trials=trials, generator=generator)
    return found, score(found), min(map(score, population))


def test_search_finds_a_better_schedule_and_can_be_repeated():
    found, after, before = search(80)
    assert after < 0.7 * before
    assert found.times[0] == 1 and found.times[-1] == VPLinear().t_min and found.calls == 5
    assert search(80)[0] == found and search(80, seed=1)[0] != found
    x = start(64, seed=9)
    grid = log_snr_grid(VPLinear(), 5)
    exact = exact_flow(oracle(), x, grid[0], grid[-1], steps=100)
    fixed = min(float(distance(run(schedule_on([Choice(form, 2)], grid), x), exact)) for form in FORMS)
    assert float(distance(run(found, x), exact)) < fixed


def test_a_schedule_that_diverges_is_never_found():
    grid = log_snr_grid(VPLinear(), 3)
    population = [schedule_on([Choice("data", 1)], grid), schedule_on([Choice("noise", 1)], grid)]
    found = search_schedule(
        lambda s: 1.0 if s == population[1] else math.inf,
        VPLinear(),
        population,
        forms=FORMS,
        trials=20,
        generator=torch.Generator(),
    )
    assert found == population[1]


def test_a_population_has_one_number_of_calls():
    population = [schedule_on([Choice("data", 1)], log_snr_grid(VPLinear(), n)) for n in (2, 3)]
    with pytest.raises(ValueError, match=r"`population` must have one number of calls, got \[2, 3\]"):
        search_schedule(lambda s: 1.0, VPLinear(), population, forms=FORMS, trials=1, generator=torch.Generator())
