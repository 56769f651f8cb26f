"""Measured orders of our solvers against the declared ones."""

import math
from typing import Any

import torch
from solver_problems import Problem
from torch import Tensor

from sciml.solvers.catalog import SOLVERS
from sciml.solvers.exponential.form import DATA, NOISE, VELOCITY
from sciml.solvers.exponential.integrator import ExponentialIntegrator
from sciml.solvers.exponential.plain import exponential
from sciml.solvers.grids import log_snr_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.solver import Solver
from sciml.solvers.whitened import whitened


def orders(steps: int = 64) -> dict[str, tuple[int, float]]:
    """(declared, measured) order of each deterministic solver, on a mixture between t = .5 and .3."""
    problem = Problem("image", states=32, law={"dimension": 6, "modes": 2})
    process, start = problem.process, torch.tensor(0.5, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    x = process.perturb(problem.denoiser.sample(32, generator=generator), start, generator=generator)

    def end(solver: Solver[Tensor, Any], n: int) -> Tensor:
        return integrate(solver, problem.denoiser, x, log_snr_grid(process, n, t_start=0.5, t_end=0.3))

    exact = end(exponential(DATA, 3, corrector=3).warmed(), 600)
    found = {}
    for name, solver in _solvers(problem).items():
        if not solver.stochastic:
            solver = solver.warmed() if isinstance(solver, ExponentialIntegrator) else solver
            coarse, fine = (float((end(solver, n) - exact).norm()) for n in (steps, 2 * steps))
            found[name] = (solver.order, math.log2(coarse / fine))
    return found


def _solvers(problem: Problem) -> dict[str, Solver[Tensor, Any]]:
    solvers: dict[str, Solver[Tensor, Any]] = {name: make() for name, make in SOLVERS.items()}
    for name, form in {"data": DATA, "noise": NOISE, "velocity": VELOCITY}.items():
        solvers |= {f"{name} of order {k}": exponential(form, k) for k in (2, 3, 4)}
        solvers |= {f"{name} of order {k}, corrected": exponential(form, k, corrector=k) for k in (1, 2, 3)}
    return solvers | {f"whitened of order {k}": whitened(problem.statistics, k, analytic_first=False) for k in (1, 2, 3)}
