"""Measured orders of our solvers against the declared ones."""

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import torch
from solver_ours import named
from solver_problems import Problem
from torch import Tensor

from sciml.denoisers.statistics import DataStatistics
from sciml.solvers.catalog import SOLVERS
from sciml.solvers.deis import deis, lms
from sciml.solvers.dpm_solver import dpm_solver, dpm_solver_multistep, dpm_solver_pp, dpm_solver_pp_multistep
from sciml.solvers.exponential.form import DATA, NOISE, VELOCITY
from sciml.solvers.exponential.integrator import ExponentialIntegrator
from sciml.solvers.exponential.plain import exponential
from sciml.solvers.exponential.straight import STRAIGHT
from sciml.solvers.grids import log_snr_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.pndm import ipndm
from sciml.solvers.solver import Solver
from sciml.solvers.unipc import unipc
from sciml.solvers.whitened import whitened

Solvers = dict[str, Solver[Tensor, Any]]


def chosen(statistics: DataStatistics) -> Solvers:
    """The catalog at its defaults, some third orders, the exponential integrators and the whitened solver."""
    solvers: Solvers = {name: make() for name, make in SOLVERS.items()}
    for make in (dpm_solver, dpm_solver_pp, dpm_solver_pp_multistep):
        solvers[f"{make.__name__} 3"] = make(3)
    solvers["exponential straight 3"] = exponential(STRAIGHT, 3, variable="tau")
    for name, form in {"data": DATA, "noise": NOISE, "velocity": VELOCITY}.items():
        solvers |= {f"exponential {name} {k}": exponential(form, k) for k in (2, 3, 4)}
        solvers |= {f"exponential {name} {k} corrected": exponential(form, k, corrector=k) for k in (1, 2, 3)}
    return solvers | {f"whitened {k}": whitened(statistics, k, analytic_first=False) for k in (1, 2, 3)}


def every(statistics: DataStatistics) -> Solvers:
    """The chosen ones, those of the table that know no statistics, and the other orders of up to four outputs."""
    solvers = chosen(statistics) | {name: make(statistics) for name, make in named().items()}
    for make, k in product((deis, lms, ipndm), (1, 2, 3, 4)):
        solvers[f"{make.__name__} {k}"] = make(k)
    for single, k in product((dpm_solver, dpm_solver_multistep, dpm_solver_pp, dpm_solver_pp_multistep), (1, 2, 3)):
        solvers[f"{single.__name__} {k}"] = single(k)
    for k in (1, 2, 3, 4):
        solvers[f"exponential straight {k}"] = exponential(STRAIGHT, k, variable="tau")
        solvers[f"exponential straight {k} corrected"] = exponential(STRAIGHT, k, corrector=k, variable="tau")
        solvers |= {f"unipc {k} {b} {of}": unipc(k, b, of) for b in ("bh1", "bh2") for of in ("x0", "eps")}
    return solvers


def orders(choose: Callable[[DataStatistics], Solvers] = chosen, steps: int = 64) -> dict[str, tuple[int, float]]:
    """(declared, measured) order of each deterministic solver, on a mixture between t = .5 and .3."""
    problem = Problem("image", states=32, law={"dimension": 6, "modes": 2})
    process, start = problem.process, torch.tensor(0.5, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    x = process.perturb(problem.denoiser.sample(32, generator=generator), start, generator=generator)

    def end(solver: Solver[Tensor, Any], n: int) -> Tensor:
        return integrate(solver, problem.denoiser, x, log_snr_grid(process, n, t_start=0.5, t_end=0.3))

    exact = end(exponential(DATA, 3, corrector=3).warmed(), 600)
    found = {}
    for name, solver in choose(problem.statistics).items():
        if not solver.stochastic:
            solver = solver.warmed() if isinstance(solver, ExponentialIntegrator) else solver
            coarse, fine = (float((end(solver, n) - exact).norm()) for n in (steps, 2 * steps))
            found[name] = (solver.order, math.log2(coarse / fine))
    return found
