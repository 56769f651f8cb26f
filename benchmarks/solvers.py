"""Measure the solvers against exact answers.

    python benchmarks/solvers.py --quick --json [--dim D --modes K --schedule NAME --seed S]

prints one JSON object in under 50 s: the errors of the whitened solver at 5, 10 and 20 calls on the field of 256 points and
the 64-dimensional mixture, each at the best of four grids made by hand, and on the field at a grid learned on 64 other
starts; the largest difference of a measured order from the declared one; the time of a step, in microseconds on a 1 x 3
state and in units of one axpy on 256 x 3 x 32 x 32; and on the same two problems the best that each library of
`make peers` reaches with a few of its best solvers. The options change the field's law.

    python benchmarks/solvers.py --full [--scale small --output FILE --workers N]

measures our solvers and the peers' on every problem, each at its best grid, and our orders; writes benchmarks/solvers.json
and a plot beside it, and prints the table. Stopped, it goes on where it was, if code, settings and libraries are the same.
About half an hour on two cores, half a minute if small.
"""

import argparse
import json
import os
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import solver_peers
import torch
from solver_facts import facts
from solver_learning import grids, learned_trial
from solver_model import Candidate
from solver_orders import every, orders
from solver_ours import LIBRARY, candidates
from solver_overhead import LARGE, SMALL, axpy, overhead, slope, whole
from solver_problems import Problem
from solver_summary import as_brief, as_text, champion, plot, summarise
from solver_table import FULL, measure, write
from solver_table import SMALL as SMALL_SCALE
from solver_trial import attempt
from torch import Tensor

from sciml.cli.allocator import keep_freed_memory
from sciml.denoisers.statistics import DataStatistics, cosine_statistics, principal_statistics
from sciml.io.errors import InputError
from sciml.solvers.dpm_solver import dpm_solver_pp_multistep
from sciml.solvers.grids import Grid
from sciml.solvers.integrate import integrate
from sciml.solvers.solver import Solver
from sciml.solvers.whitened import whitened

CALLS = (5, 10, 20)
OURS_TIMED = ("dpm_solver_pp_multistep 3", "unipc 3 bh2 x0", "noise 4, analytic first", "whitened 3, power 1.0")


def fixed_grid_errors(problem: Problem) -> dict[int, float]:
    """Error of the whitened solver by calls, each at its best grid."""
    solver = whitened(problem.statistics)
    return {calls: min(error_on(problem, solver, grid) for grid in grids(problem, calls)) for calls in CALLS}


def error_on(problem: Problem, solver: Solver[Tensor, Any], grid: Grid) -> float:
    """Error of a solver on a grid."""
    with torch.no_grad():
        return problem.error(integrate(solver, problem.denoiser, problem.x, grid))


def fixed_errors(name: str, law: dict[str, int], schedule: str, seed: int) -> dict[int, float]:
    """The same on a problem, by a process of its own."""
    return fixed_grid_errors(_problem(name, schedule, seed, **law))


def learned_error(law: dict[str, int], schedule: str, seed: int, calls: int) -> float:
    """Error of the whitened solver on the field at a grid learned on other starts from the best of those made by hand."""
    problem, training = _problem("field", schedule, seed, **law), _problem("field", schedule, seed + 1, 64, **law)
    return learned_trial(whitened, problem, training, calls, iterations=45).error


@lru_cache
def _problem(name: str, schedule: str, seed: int, states: int | None = None, **law: int) -> Problem:
    """Kept, for its exact end takes a while, by the process of several jobs."""
    return Problem(name, schedule, states=states, seed=seed, law=law)


def peer_errors(law: dict[str, int], schedule: str, seed: int) -> dict[str, dict[str, dict[int, dict[str, Any]]]]:
    """By library, problem and calls the best of a few of the library's best solvers, with its name."""
    problems = {"field256": _problem("field", schedule, seed, **law), "mixture64": _problem("image", schedule, seed)}
    best: dict[str, dict[str, dict[int, dict[str, Any]]]] = {}
    for library in solver_peers.installed():
        offered = solver_peers.candidates(library, quick=True)
        best[library] = {
            name: {calls: _best_of(offered, problem, calls) for calls in CALLS} for name, problem in problems.items()
        }
    return best


def _best_of(offered: list[Candidate], problem: Problem, calls: int) -> dict[str, Any]:
    trials = [(attempt(candidate, problem, calls), candidate) for candidate in offered]
    trial, winner = min((pair for pair in trials if not pair[0].failure), key=lambda pair: pair[0].error)
    return {"error": trial.error, "solver": winner.solver, "grid": winner.grid, "calls": trial.calls}


def quick(law: dict[str, int], schedule: str, seed: int) -> dict[str, Any]:
    """What --quick prints: errors by two processes, then, alone, the times."""
    solver = dpm_solver_pp_multistep(3)
    with ProcessPoolExecutor(2, get_context("spawn"), torch.set_num_threads, (1,)) as pool:  # the longest first
        learning = {calls: pool.submit(learned_error, law, schedule, seed, calls) for calls in reversed(CALLS)}
        peers = pool.submit(peer_errors, law, schedule, seed)
        on_field = pool.submit(fixed_errors, "field", law, schedule, seed)
        on_mixture, measured = pool.submit(fixed_errors, "image", {}, schedule, seed), pool.submit(orders)
        fixed, mixture, by_peers = on_field.result(), on_mixture.result(), peers.result()
        learned = {calls: learning[calls].result() for calls in CALLS}
        deviations = {name: found - declared for name, (declared, found) in measured.result().items()}
    return {
        "field256_fixed": fixed,
        "field256_learned": learned,
        "mixture64_fixed": mixture,
        "order_max_deviation": max(map(abs, deviations.values())),
        "order_deviations": deviations,
        "overhead_us": 1e6 * overhead(SMALL, solver, steps=50, rounds=20),
        "overhead_axpys": overhead(LARGE, solver, steps=10, rounds=100) / axpy(LARGE, rounds=50),
        "peers": by_peers,
        "peers_missing": solver_peers.missing(),
    }


def overheads(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Microseconds a call at 1 x 3 and axpys a call at 256 x 3 x 32 x 32, of some of ours and the best of each peer."""
    found: dict[str, dict[str, float]] = {}
    chosen = [(LIBRARY, name, "log_snr") for name in OURS_TIMED]
    present = dict.fromkeys(row["library"] for row in rows if row["library"] != LIBRARY)
    chosen += [(library, *champion(rows, library)) for library in present]
    unit = axpy(LARGE, rounds=50)
    for library, solver, grid in chosen:
        small = _named(library, solver, grid, principal_statistics(_draw((64, 3))))
        large = _named(library, solver, grid, cosine_statistics(_draw((64, *LARGE[1:]))))
        found[f"{library}: {solver}"] = {
            "microseconds": round(1e6 * slope(small, SMALL, (10, 40), rounds=20), 1),
            "axpys": round(whole(large, LARGE, steps=10, rounds=10) / unit, 1),
        }
    return found


def _named(library: str, solver: str, grid: str, statistics: DataStatistics) -> Candidate:
    offered = candidates(statistics) if library == LIBRARY else solver_peers.candidates(library)
    return next(candidate for candidate in offered if (candidate.solver, candidate.grid) == (solver, grid))


def _draw(shape: tuple[int, ...]) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def full(scale: str, output: Path, workers: int) -> None:
    """What --full writes and prints."""
    table = measure(SMALL_SCALE if scale == "small" else FULL, output, workers)
    table["summary"] = summarise(table["rows"])
    if scale != "small":
        table["overheads"] = overheads(table["rows"])
        table["orders"] = {
            name: {"declared": declared, "measured": round(found, 3), "deviation": round(found - declared, 3)}
            for name, (declared, found) in orders(every).items()
        }
        table["peer_facts"] = facts()
    table["complete"] = True
    write(table, output)
    plot(table["summary"], output.with_suffix(".svg"))
    print(as_text(table["rows"]), as_brief(table["summary"]), json.dumps(table.get("overheads", {}), indent=1), sep="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--quick", action="store_true", help="the figures that take seconds")
    what.add_argument("--full", action="store_true", help="the whole table")
    parser.add_argument("--json", action="store_true", help="print the result of --quick on one line")
    parser.add_argument("--dim", type=int, default=256, help="points of the field")
    parser.add_argument("--modes", type=int, default=6, help="components of its mixture")
    parser.add_argument("--schedule", choices=["linear", "cosine", "ve"], default="linear")
    parser.add_argument("--seed", type=int, default=0, help="of the starts; other than 0, of the field's law too")
    parser.add_argument("--scale", choices=["full", "small"], default="full", help="of --full")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".json"), help="of --full")
    parser.add_argument("--workers", type=int, default=2, help="processes of --full")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()  # as the command line does: else the time of a step is that of fresh pages, now and then
    if arguments.full:
        try:
            return full(arguments.scale, arguments.output, arguments.workers)
        except InputError as error:
            parser.error(str(error))
    field = {"dimension": arguments.dim, "modes": arguments.modes} | ({"seed": arguments.seed} if arguments.seed else {})
    result = quick(field, arguments.schedule, arguments.seed)
    print(json.dumps(result, indent=None if arguments.json else 1))


if __name__ == "__main__":
    main()
