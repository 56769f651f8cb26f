"""Known defects of the peers, measured: what a reader of the table should not take for a fault of the method."""

import math
from typing import Any

import solver_peers
import torch
from solver_model import Candidate, Model
from solver_problems import Problem

Fact = dict[str, Any]


def facts() -> dict[str, Fact]:
    """Those of the libraries that are installed."""
    found: dict[str, Fact] = {}
    problem = Problem("ring", states=64)
    for library, measure in {"diffusers": _diffusers, "k-diffusion": _k_diffusion, "azula": _azula}.items():
        if library in solver_peers.installed():
            offered = {(c.solver, c.grid): c for c in solver_peers.candidates(library)}
            found |= measure(offered, problem)
    return found


def _diffusers(offered: dict[tuple[str, str], Candidate], problem: Problem) -> dict[str, Fact]:
    third = {
        f"{solver}, {grid}": {n: _finite(offered[solver, grid], problem, n) for n in (10, 14, 15, 20)}
        for solver in ("DPM 3M", "DPM++ 3M")
        for grid in ("karras, min", "exponential, min", "lu, min")
    }
    bh1 = {n: _finite(offered["UniPC bh1 2", "linspace, 0"], problem, n) for n in (5, 10, 20)}
    ddim = {n: _error(offered["DDIM", "linspace, min"], problem, n) for n in (20, 50, 100, 250, 400, 600)}
    unipc = {n: _error(offered["UniPC bh2 3", "exponential, min"], problem, n) for n in (50, 100, 200, 400)}
    return {
        "diffusers_third_order_finite": {"what": "finite end by steps; the last sigma occurs twice", **third},
        "diffusers_unipc_bh1_finite": {"what": "finite end by steps, where the last sigma is 0", "linspace": bh1},
        "diffusers_ddim_error": {"what": "error by steps, each taken as 1000 // steps long", "linspace": ddim},
        "diffusers_error_floor": {
            "what": "error of UniPC bh2 3 by steps: whole times, float32 sigmas",
            "exponential": unipc,
        },
    }


def _k_diffusion(offered: dict[tuple[str, str], Candidate], problem: Problem) -> dict[str, Fact]:
    noisy = {}
    for (solver, grid), candidate in offered.items():
        if grid == "log_snr":
            before = torch.random.get_rng_state()
            candidate.run(_model(problem), 4)
            noisy[solver] = not torch.equal(before, torch.random.get_rng_state())
    return {"k_diffusion_draws": {"what": "whether a sampler without noise draws from the global generator", **noisy}}


def _azula(offered: dict[tuple[str, str], Candidate], problem: Problem) -> dict[str, Fact]:
    found: Fact = {"what": "order between 100 and 200 steps in lambda"}
    for solver in ("REAB 2", "xEAB 2", "zEAB 2"):
        coarse, fine = (_error(offered[solver, "log_snr"], problem, n) for n in (100, 200))
        found[solver] = round(math.log2(coarse / fine), 2)
    return {"azula_orders": found}


def _model(problem: Problem) -> Model:
    return Model(problem.process, problem.denoiser, problem.x, problem.t_end)


def _finite(candidate: Candidate, problem: Problem, steps: int) -> bool:
    return bool(torch.isfinite(candidate.run(_model(problem), steps)[0]).all())


def _error(candidate: Candidate, problem: Problem, steps: int) -> float:
    x, clean = candidate.run(_model(problem), steps)
    return float(f"{problem.error(x, clean=clean):.4g}")
