"""S^3: a search over solver schedules against reference trajectories, by evolution.

A generation changes the better half of the schedules known: a step's form, order or corrector, or the share that a step has
of the way in lambda; and keeps what comes nearer to the reference. Nothing is differentiated.

We judge every schedule by its distance on the given states; the paper trains a predictor of it besides, for networks whose
samples have no reference to be near to.

Reference: Liu et al. (2023), arXiv 2312.07243, section 3.3 and algorithm 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from sciml.processes.gaussian import GaussianProcess
from sciml.solvers.schedule import Schedule

Score = Callable[[Schedule], float]


def search_schedule(
    score: Score,
    process: GaussianProcess,
    population: Sequence[Schedule],
    *,
    forms: Sequence[str],
    trials: int,
    generator: torch.Generator,
    max_order: int = 4,
    keep: int = 8,
) -> Schedule:
    """The best schedule found.

    Args:
        score: what is to be small, such as the distance from a reference; may be infinite.
        process: whose lambda measures steps.
        population: where to begin; all of the same number of calls.
        forms: of steps that may be tried, by name.
        trials: schedules to try beside these.
        generator: source of randomness, on the processor.
        max_order: of predictor and corrector.
        keep: schedules that may have offspring.
    """
    if not population:
        raise ValueError("`population` must hold at least one schedule")
    if len({schedule.calls for schedule in population}) > 1:
        raise ValueError(f"`population` must have one number of calls, got {[s.calls for s in population]}")
    known = sorted(
        ((score(schedule), index, schedule) for index, schedule in enumerate(population)), key=lambda row: row[:2]
    )
    for trial in range(trials):
        parent = known[_draw(min(len(known), keep), generator)][2]
        child = _mutated(parent, process, forms, max_order, generator)
        known = sorted([*known, (score(child), len(population) + trial, child)], key=lambda row: row[:2])[:keep]
    return known[0][2]


def _mutated(
    schedule: Schedule, process: GaussianProcess, forms: Sequence[str], max_order: int, generator: torch.Generator
) -> Schedule:
    steps = len(schedule.times) - 1
    if torch.rand((), generator=generator) < 0.5:
        return replace(schedule, times=_moved(schedule.times, process, generator))
    choices = [*schedule.choices, *[schedule.choices[-1]] * (steps - len(schedule.choices))]
    first = _draw(steps, generator)
    last = first + 1 + _draw(steps - first, generator)
    match _draw(3, generator):
        case 0:
            form = forms[_draw(len(forms), generator)]
            choices[first:last] = [replace(choice, form=form) for choice in choices[first:last]]
        case 1:
            order = 1 + _draw(max_order, generator)
            choices[first:last] = [replace(choice, order=order) for choice in choices[first:last]]
        case _:
            corrector = _draw(max_order + 1, generator)
            choices[first:last] = [replace(choice, corrector=corrector) for choice in choices[first:last]]
    return replace(schedule, choices=tuple(choices))


def _moved(times: Sequence[float], process: GaussianProcess, generator: torch.Generator) -> tuple[float, ...]:
    """The same ends, with each step's share of the way in lambda multiplied by a random factor."""
    grid = torch.tensor(times, dtype=torch.float64)
    lambdas = process.lambda_(grid)
    width = 0.4 * torch.rand((), generator=generator, dtype=torch.float64)
    shares = lambdas.diff() * torch.exp(width * torch.randn(len(grid) - 1, generator=generator, dtype=torch.float64))
    way = torch.cumsum(shares / shares.sum(), 0)[:-1]
    inner = process.t_of_lambda(lambdas[0] + (lambdas[-1] - lambdas[0]) * way)
    return (times[0], *inner.tolist(), times[-1])


def _draw(n: int, generator: torch.Generator) -> int:
    return int(torch.randint(n, (), generator=generator))
