"""The table of solvers: its exact ends, its count of calls, and the peers, some of which are solvers of ours."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import solver_peers
import torch
from solver_model import Candidate, Model
from solver_orders import every, orders
from solver_ours import Asked, candidates
from solver_problems import Problem
from solver_summary import champion, summarise
from solver_table import SMALL, header, write
from solver_table import _started as started
from solver_trial import attempt, most_steps

from sciml.io.errors import InputError
from sciml.solvers.deis import deis
from sciml.solvers.dpm_solver import dpm_solver_pp_multistep
from sciml.solvers.exponential.form import DATA, NOISE
from sciml.solvers.exponential.plain import exponential
from sciml.solvers.grids import log_snr_grid
from sciml.solvers.heun import Heun
from sciml.solvers.integrate import integrate
from sciml.solvers.pndm import ipndm

GAUSSIAN = {"modes": 1}


@pytest.fixture(scope="module")
def ring() -> Problem:
    return Problem("ring", states=16)


def offered(library: str) -> dict[tuple[str, str], Candidate]:
    if library not in solver_peers.installed():
        pytest.skip(f"{library} is not installed; see `make peers`")
    return {(candidate.solver, candidate.grid): candidate for candidate in solver_peers.candidates(library)}


def model(problem: Problem) -> Model:
    return Model(problem.process, problem.denoiser, problem.x, problem.t_end)


@pytest.mark.parametrize("schedule", ["linear", "cosine", "ve"])
def test_both_ends_of_gaussian_data_are_known(schedule: str) -> None:
    problem = Problem("ring", schedule, states=8, law=GAUSSIAN)
    ends = torch.tensor([1.0, problem.t_end], dtype=torch.float64)
    (s_1, s_end), (alpha_1, alpha_end) = torch.exp(-problem.process.lambda_(ends)), problem.process.alpha(ends)
    mean, variance = torch.tensor([0.7, 0.0], dtype=torch.float64), 0.06**2
    away = (problem.x / alpha_1 - mean) / (variance + s_1**2).sqrt()
    torch.testing.assert_close(problem.clean, mean + away * math.sqrt(variance), rtol=0, atol=1e-9)
    torch.testing.assert_close(problem.exact, alpha_end * (mean + away * (variance + s_end**2).sqrt()), rtol=0, atol=1e-9)


def test_calls_are_counted_and_kept_to(ring: Problem) -> None:
    def twice_a_step(asked: Model, steps: int) -> tuple[torch.Tensor, bool]:
        return integrate(Heun(), Asked(asked), asked.x, log_snr_grid(asked.process, steps, t_end=asked.t_end)), False

    candidate = Candidate("sciml", "heun", "log_snr", twice_a_step)
    assert most_steps(candidate, ring, 11) == 5
    assert attempt(candidate, ring, 11).calls == 10


def test_a_call_answered_by_the_statistics_is_a_step_more(ring: Problem) -> None:
    found = {(c.solver, c.grid): c for c in candidates(ring.statistics)}
    assert most_steps(found["whitened 3, power 1.0", "log_snr"], ring, 6) == 7
    assert most_steps(found["whitened 3, power 1.0, first call", "log_snr"], ring, 6) == 6


def test_an_end_that_is_not_finite_is_a_failure(ring: Problem) -> None:
    trial = attempt(Candidate("none", "none", "none", lambda asked, steps: (asked.x * torch.nan, False)), ring, 5)
    assert math.isnan(trial.error)
    assert trial.failure == "not finite"


def test_the_end_of_a_grid_decides_how_many_steps_the_calls_allow(ring: Problem) -> None:
    """Heun's step onto sigma = 0 takes one call."""
    found = offered("k-diffusion")
    assert [attempt(found["heun", grid], ring, 11).calls for grid in ("log_snr", "karras, 0")] == [10, 11]


SAME: list[tuple[str, str, Callable[[], Any]]] = [
    ("k-diffusion", "euler", lambda: exponential(NOISE, 1)),
    ("k-diffusion", "dpmpp_2m", lambda: dpm_solver_pp_multistep(2)),
    ("k-diffusion", "dpmpp_2m_sde heun, eta 0", lambda: exponential(DATA, 2)),
    ("torchdiffeq", "euler", lambda: exponential(NOISE, 1)),
    ("azula", "DDIM", lambda: exponential(DATA, 1)),
    ("azula", "zAB 3", lambda: deis(3, "rho")),
    ("azula", "zEAB 3", lambda: exponential(NOISE, 3)),
    ("azula", "xEAB 3", lambda: exponential(DATA, 3)),
]


@pytest.mark.parametrize(("library", "solver", "ours"), SAME, ids=lambda value: value if isinstance(value, str) else "")
def test_a_peer_is_the_solver_of_ours_that_it_should_be(
    library: str, solver: str, ours: Callable[[], Any], ring: Problem
) -> None:
    theirs, clean = offered(library)[solver, "log_snr"].run(model(ring), 9)
    grid = log_snr_grid(ring.process, 9, t_end=ring.t_end)
    assert not clean
    torch.testing.assert_close(theirs, integrate(ours(), ring.denoiser, ring.x, grid), rtol=0, atol=1e-9)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of NumPy, by diffusers
def test_ipndm_of_diffusers_is_ours_but_for_float32(ring: Problem) -> None:
    theirs, clean = offered("diffusers")["IPNDM", "log_snr"].run(model(ring), 9)
    grid = log_snr_grid(ring.process, 9, t_end=ring.t_end)
    assert not clean
    torch.testing.assert_close(theirs, integrate(ipndm(4), ring.denoiser, ring.x, grid), rtol=0, atol=1e-5)


CONVERGING = {"karras", "karras, 0", "log_snr", "linspace, min", "default, min"}
BROKEN = {"explicit_adams", "REAB 2", "REAB 3"}  # unstable at the default order; of order 1
BROKEN |= {f"UniPC bh1 {k}" for k in (2, 3)}  # not finite where sigma ends at 0


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of NumPy, by diffusers
@pytest.mark.parametrize("schedule", ["linear", "cosine", "ve"])
@pytest.mark.parametrize("library", list(solver_peers.NEEDS))
def test_every_peer_finds_the_flow_of_gaussian_data(library: str, schedule: str) -> None:
    """Whatever conversion goes wrong at the boundary shows here: no error falls with the steps then."""
    problem = Problem("ring", schedule, states=4, law=GAUSSIAN)
    errors = {}
    for (solver, grid), candidate in offered(library).items():
        if grid in CONVERGING and solver not in BROKEN:
            x, clean = candidate.run(model(problem), 30)
            errors[solver, grid] = problem.error(x, clean=clean)
    assert {key: error for key, error in errors.items() if not error < 0.1} == {}


def test_a_run_goes_on_with_the_rows_it_has(tmp_path: Path) -> None:
    output = tmp_path / "table.json"
    row = {"schedule": "linear", "problem": "ring", "library": "sciml", "solver": "ddim"}
    write({**header(SMALL), "rows": [row]}, output)
    assert started(SMALL, output)["rows"] == [row]
    write({**header(SMALL), "rows": [row], "complete": True}, output)
    assert started(SMALL, output)["rows"] == []


def test_a_run_goes_on_though_its_own_table_is_a_changed_file(tmp_path: Path) -> None:
    output = tmp_path / "table.json"
    fresh = header(SMALL)
    commit = (fresh["git_commit"] or "").removesuffix("+changes") or None
    write({**fresh, "git_commit": commit}, output)
    assert started(SMALL, output)["git_commit"] == commit


@pytest.mark.parametrize(("key", "value"), [("git_commit", "0"), ("code", "0"), ("versions", {}), ("settings", {})])
def test_rows_of_other_code_settings_or_libraries_do_not_mix(key: str, value: object, tmp_path: Path) -> None:
    output = tmp_path / "table.json"
    write({**header(SMALL), key: value}, output)
    with pytest.raises(InputError, match=f"differs in `{key}`; to start afresh, remove the file"):
        started(SMALL, output)


@pytest.mark.slow
def test_every_declared_order_is_the_measured_one() -> None:
    found = orders(every)
    assert {
        name: measured - declared for name, (declared, measured) in found.items() if abs(measured - declared) > 0.15
    } == {}


def test_the_summary_takes_the_best_of_each_curve() -> None:
    def row(problem: str, library: str, solver: str, error: float) -> dict[str, Any]:
        values = {"10": error}
        return {
            "schedule": "linear",
            "problem": problem,
            "library": library,
            "solver": solver,
            "errors": values,
            "medians": values,
            "calls": {"10": 10},
            "grids": {"10": solver[0]},
        }

    rows = [
        row("ring", "sciml", "ddim", 0.5),
        row("ring", "sciml", "whitened 3, power 1.0", 0.4),
        row("ring", "sciml", "whitened 3, learned grid", 0.1),
        row("ring", "azula", "one", 0.3),
        row("ring", "azula", "two", 0.2),
        row("image", "azula", "one", 0.1),
        row("image", "azula", "two", 0.3),
    ]
    best = summarise(rows)["ring, linear"]
    assert {name: curve["10"]["error"] for name, curve in best.items()} == {
        "sciml, statistics known": 0.4,
        "sciml, nothing known": 0.5,
        "sciml, learned grid": 0.1,
        "azula": 0.2,
        "DDIM": 0.5,
    }
    assert champion(rows, "azula") == ("one", "o")
