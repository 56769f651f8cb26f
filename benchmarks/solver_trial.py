"""One trial: a candidate on a problem with at most so many calls."""

from dataclasses import dataclass

import torch
from solver_model import Candidate, Model
from solver_problems import Problem

FAILURES = (ArithmeticError, AssertionError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True)
class Trial:
    """What came out.

    Args:
        error: relative root mean square difference from the exact end; NaN if there is no end.
        median: median over states.
        calls: of the denoiser, counted.
        failure: why there is no end, if so.
    """

    error: float
    median: float
    calls: int
    failure: str = ""


def attempt(candidate: Candidate, problem: Problem, calls: int) -> Trial:
    """The candidate with as many steps as the calls allow: how many depends on the grid, too."""
    trial = _run(candidate, problem, most_steps(candidate, problem, calls))
    return trial if trial.calls <= calls else Trial(torch.nan, torch.nan, trial.calls, "costs more calls than allowed")


def most_steps(candidate: Candidate, problem: Problem, calls: int) -> int:
    """The largest number of steps that costs no more than so many calls, counted on a single state.

    A further step costs at least a further call; one step may be free, whose call the statistics answer.
    """
    cost = _cost(candidate, problem, calls)
    if cost <= calls:
        return calls + (cost < calls and _cost(candidate, problem, calls + 1) <= calls)
    low, high = 1, calls
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _cost(candidate, problem, middle) <= calls else (low, middle)
    return low


def _cost(candidate: Candidate, problem: Problem, steps: int) -> int:
    model = Model(problem.process, problem.denoiser, problem.x[:1], problem.t_end)
    try:
        candidate.run(model, steps)
    except FAILURES:
        return max(model.calls, steps)
    return model.calls


def _run(candidate: Candidate, problem: Problem, steps: int) -> Trial:
    model = Model(problem.process, problem.denoiser, problem.x, problem.t_end)
    try:
        with torch.no_grad():
            x, clean = candidate.run(model, steps)
    except FAILURES as failure:
        return Trial(torch.nan, torch.nan, model.calls, f"{type(failure).__name__}: {failure}"[:120])
    if not bool(torch.isfinite(x).all()):
        return Trial(torch.nan, torch.nan, model.calls, "not finite")
    return Trial(problem.error(x, clean=clean), problem.median_error(x, clean=clean), model.calls)
