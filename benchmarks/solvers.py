"""Measure the solvers against exact answers.

    python benchmarks/solvers.py --quick --json [--dim D --modes K --schedule NAME --seed S]

prints one JSON object in under 50 s: the errors of the whitened solver at 5, 10 and 20 calls on the field of 256 points and
the 64-dimensional mixture, each at the best of three grids made by hand, and on the field at a grid learned on 64 other
starts; the largest difference of a measured order from the declared one; and the time of a step, in microseconds on a
1 x 3 state and in units of one axpy on 256 x 3 x 32 x 32. The options change the field's law.
"""

import argparse
import json
import math
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from solver_problems import Problem
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser, Dirac
from sciml.processes.vp import VPLinear
from sciml.solvers.catalog import SOLVERS
from sciml.solvers.dpm_solver import dpm_solver_pp_multistep
from sciml.solvers.exponential.form import DATA, NOISE, VELOCITY
from sciml.solvers.exponential.integrator import ExponentialIntegrator
from sciml.solvers.exponential.plain import exponential
from sciml.solvers.grids import Grid, karras_grid, log_snr_grid, quadratic_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.learned_grid import learn_grid
from sciml.solvers.solver import Solver
from sciml.solvers.whitened import whitened

CALLS = (5, 10, 20)
GRIDS = (quadratic_grid, log_snr_grid, karras_grid)


def fixed_grid_errors(problem: Problem) -> dict[int, float]:
    """Error of the whitened solver by calls, each at its best grid."""
    solver = whitened(problem.statistics)
    return {calls: min(error_on(problem, solver, grid) for grid in _grids(problem, calls)) for calls in CALLS}


def learned_grid_errors(problem: Problem, training: Problem, iterations: int) -> dict[int, float]:
    """The same at a grid learned on other starts from the best of those made by hand."""
    errors, solver = {}, whitened(problem.statistics)
    for calls in CALLS:
        start = min(_grids(problem, calls), key=lambda grid: error_on(training, solver, grid))
        learned = learn_grid(solver, training.denoiser, training.x, training.exact, start, iterations=iterations)
        errors[calls] = error_on(problem, solver, learned)
    return errors


def error_on(problem: Problem, solver: Solver[Tensor, Any], grid: Grid) -> float:
    """Error of a solver on a grid."""
    with torch.no_grad():
        return problem.error(integrate(solver, problem.denoiser, problem.x, grid))


def _grids(problem: Problem, calls: int) -> list[Grid]:
    """One step more than calls: the first is answered by the statistics."""
    return [make(problem.process, calls + 1, t_end=problem.t_end) for make in GRIDS]


def order_deviations(steps: int = 64) -> dict[str, float]:
    """Measured order minus declared order of each deterministic solver, on a mixture between t = .5 and .3."""
    problem = Problem("image", states=32, law={"dimension": 6, "modes": 2})
    process, start = problem.process, torch.tensor(0.5, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    x = process.perturb(problem.denoiser.sample(32, generator=generator), start, generator=generator)
    solvers = {name: make() for name, make in SOLVERS.items()}
    forms = {"data": DATA, "noise": NOISE, "velocity": VELOCITY}
    for name, form in forms.items():
        solvers |= {f"{name} of order {k}": exponential(form, k) for k in (2, 3, 4)}
        solvers |= {f"{name} of order {k}, corrected": exponential(form, k, corrector=k) for k in (1, 2, 3)}
    solvers |= {f"whitened of order {k}": whitened(problem.statistics, k, analytic_first=False) for k in (1, 2, 3)}

    def end(solver: Solver[Tensor, Any], n: int) -> Tensor:
        return integrate(solver, problem.denoiser, x, log_snr_grid(process, n, t_start=0.5, t_end=0.3))

    exact = end(exponential(DATA, 3, corrector=3).warmed(), 600)
    deviations = {}
    for name, solver in solvers.items():
        if not solver.stochastic:
            solver = solver.warmed() if isinstance(solver, ExponentialIntegrator) else solver
            errors = [float((end(solver, n) - exact).norm()) for n in (steps, 2 * steps)]
            deviations[name] = math.log2(errors[0] / errors[1]) - solver.order
    return deviations


class Echo(Denoiser):
    """Costs nothing, so that what is timed is the solver."""

    def forward(self, x_t: Tensor, t: Tensor, cond: Any = None) -> Dirac[Tensor]:
        return Dirac(x_t)


def overhead(shape: tuple[int, ...], solver: Solver[Tensor, Any], steps: int, rounds: int) -> float:
    """Shortest seconds a step, sampling loop and its checks included."""
    echo, x = Echo(VPLinear()), torch.randn(shape, generator=torch.Generator().manual_seed(0))
    grid = log_snr_grid(echo.process, steps)
    return _shortest(lambda: integrate(solver, echo, x, grid), rounds) / steps


def axpy(shape: tuple[int, ...], rounds: int) -> float:
    """Shortest seconds of x + a y."""
    x, y = torch.randn(2, *shape)
    return _shortest(lambda: torch.add(x, y, alpha=0.5), rounds)


@torch.no_grad()
def _shortest(work: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times[1:])


def field_errors(law: dict[str, int], schedule: str, seed: int) -> tuple[dict[int, float], dict[int, float]]:
    """(errors at fixed grids, errors at learned grids) on the field."""
    torch.set_num_threads(1)
    problem = Problem("field", schedule, seed=seed, law=law)
    training = Problem("field", schedule, states=64, seed=seed + 1, law=law)
    return fixed_grid_errors(problem), learned_grid_errors(problem, training, iterations=100)


def mixture_errors(schedule: str, seed: int) -> dict[int, float]:
    """Errors at fixed grids on the 64-dimensional mixture."""
    torch.set_num_threads(1)
    return fixed_grid_errors(Problem("image", schedule, seed=seed))


def quick(law: dict[str, int], schedule: str, seed: int) -> dict[str, Any]:
    """What --quick prints: errors by two processes, then, alone, the times."""
    solver, large = dpm_solver_pp_multistep(3), (256, 3, 32, 32)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        on_field = pool.submit(field_errors, law, schedule, seed)
        on_mixture, orders = pool.submit(mixture_errors, schedule, seed), pool.submit(order_deviations)
        (fixed, learned), mixture, deviations = on_field.result(), on_mixture.result(), orders.result()
    return {
        "field256_fixed": fixed,
        "field256_learned": learned,
        "mixture64_fixed": mixture,
        "order_max_deviation": max(map(abs, deviations.values())),
        "order_deviations": deviations,
        "overhead_us": 1e6 * overhead((1, 3), solver, steps=50, rounds=20),
        "overhead_axpys": overhead(large, solver, steps=10, rounds=10) / axpy(large, rounds=50),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", required=True, help="the figures that take seconds")
    parser.add_argument("--json", action="store_true", help="print the result on one line")
    parser.add_argument("--dim", type=int, default=256, help="points of the field")
    parser.add_argument("--modes", type=int, default=6, help="components of its mixture")
    parser.add_argument("--schedule", choices=["linear", "cosine", "ve"], default="linear")
    parser.add_argument("--seed", type=int, default=0, help="of the starts; other than 0, of the field's law too")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    field = {"dimension": arguments.dim, "modes": arguments.modes} | ({"seed": arguments.seed} if arguments.seed else {})
    result = quick(field, arguments.schedule, arguments.seed)
    print(json.dumps(result, indent=None if arguments.json else 1))


if __name__ == "__main__":
    main()
