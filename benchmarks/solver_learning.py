"""Trials of a solver on a grid learned on other starts."""

import torch
from solver_model import Model
from solver_ours import Asked, Make
from solver_problems import Problem
from solver_trial import Trial

from sciml.solvers.grids import Grid, karras_grid, log_snr_grid, quadratic_grid, sinh_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.learned_grid import learn_grid, rms_distance

GRIDS = (quadratic_grid, log_snr_grid, karras_grid, sinh_grid)


def learned_trial(make: Make, problem: Problem, training: Problem, calls: int, iterations: int) -> Trial:
    """The solver, whose first call is answered by the statistics, on a grid learned from the best made by hand."""
    solver = make(training.statistics)

    def end(other: Problem, grid: Grid) -> tuple[torch.Tensor, int]:
        model = Model(other.process, other.denoiser, other.x, other.t_end)
        with torch.no_grad():
            return integrate(solver, Asked(model), model.x, grid), model.calls

    start = min(grids(problem, calls), key=lambda grid: training.error(end(training, grid)[0]))
    states = (solver, training.denoiser, training.x, training.exact)
    grid = learn_grid(*states, start, iterations=iterations)
    grid = learn_grid(*states, grid, iterations=iterations, measure=rms_distance)
    x, counted = end(problem, grid)
    return Trial(problem.error(x), problem.median_error(x), counted)


def grids(problem: Problem, calls: int) -> list[Grid]:
    """Those made by hand, with one step more than calls: the first is answered by the statistics."""
    return [make(problem.process, calls + 1, t_end=problem.t_end) for make in GRIDS]
