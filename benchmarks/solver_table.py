"""The table of solvers: ours and those of the peers on every problem, each at its best grid for each number of calls.

A row is one solver on one problem. Rows are written as they come, so that a run that was stopped goes on where it was.
"""

import json
import math
import os
import platform
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import solver_peers
import torch
from solver_learning import learned_trial
from solver_model import Candidate
from solver_ours import LEARNED, LIBRARY, candidates, names
from solver_problems import STATES, Problem
from solver_trial import Trial, attempt

import sciml
from sciml.io.atomic import atomic_file
from sciml.io.errors import InputError
from sciml.io.provenance import git_commit
from sciml.solvers.catalog import GRIDS
from sciml.solvers.dpm_solver_v3 import model_statistics

MEASURED_ON = 256  # draws of the data, for DPM-Solver-v3
TRAINED_ON = {"ring": 256, "image": 64, "field": 64}  # starts on which grids are learned


@dataclass(frozen=True)
class Settings:
    """What is measured.

    Args:
        problems: names of laws.
        schedules: names of processes.
        calls: of the network.
        learned_calls: those for which a grid is learned, too.
        iterations: of learning.
        selected: whether only a few solvers of each library are tried.
    """

    problems: tuple[str, ...] = ("image", "field", "ring")
    schedules: tuple[str, ...] = ("linear", "cosine", "ve")
    calls: tuple[int, ...] = (5, 6, 8, 10, 12, 15, 20, 50)
    learned_calls: tuple[int, ...] = (5, 6, 8, 10, 12, 15, 20)
    iterations: int = 100
    selected: bool = False


FULL = Settings()
SMALL = Settings(("ring", "image"), ("linear",), (5, 10, 20), (5,), 40, selected=True)
SELECTED = {
    "ddim",
    "dpm_solver_pp_multistep 2",
    "exponential noise 4",
    "unipc 2 bh2 x0",
    "noise 4, analytic first",
    "whitened 3, power 1.0",
    "whitened 2, power 0.5",
}
SAME = ("settings", "versions", "git_commit", "code")  # in all rows of a table
LAYERS = ("solvers", "denoisers", "processes", "numerics")  # of the package, that a row depends on
Task = tuple[str, str, str, str]  # schedule, problem, library, solver
Table = dict[str, Any]


def measure(settings: Settings, output: Path, workers: int) -> Table:
    """All rows, those first that the file has already."""
    table = _started(settings, output)
    done = {_task(row) for row in table["rows"]}
    todo = [task for task in tasks(settings) if task not in done]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(measure_row, task, settings) for task in todo]):
            table["rows"].append(future.result())
            write(table, output)
    order = {task: index for index, task in enumerate(tasks(settings))}
    table["rows"].sort(key=lambda row: order[_task(row)])
    return table


def tasks(settings: Settings) -> list[Task]:
    """One for each row, linear schedule first; learning last, for it takes longest."""
    short, long = [], []
    for schedule in settings.schedules:
        for name in settings.problems:
            long += [(schedule, name, LIBRARY, solver) for solver in LEARNED]
            for library in (LIBRARY, *solver_peers.installed()):
                short += [(schedule, name, library, solver) for solver in _solvers(library, settings.selected)]
    return short + long


def measure_row(task: Task, settings: Settings) -> Table:
    """Of each number of calls the best of the grids."""
    torch.set_num_threads(1)
    schedule, name, library, solver = task
    row: Table = {"schedule": schedule, "problem": name, "library": library, "solver": solver}
    best = _learned(task, settings) if solver in LEARNED else _best(task, settings)
    row["errors"] = {calls: _rounded(trial.error) for calls, (_, trial) in best.items()}
    row["medians"] = {calls: _rounded(trial.median) for calls, (_, trial) in best.items()}
    row["calls"] = {calls: trial.calls for calls, (_, trial) in best.items()}
    row["grids"] = {calls: grid for calls, (grid, _) in best.items()}
    return row


def _best(task: Task, settings: Settings) -> dict[str, tuple[str, Trial]]:
    schedule, name, library, solver = task
    problem, best = _problem(name, schedule), {}
    offered = [c for c in _offered(library, name, schedule, settings.selected) if c.solver == solver]
    for calls in settings.calls:
        trials = [(candidate.grid, attempt(candidate, problem, calls)) for candidate in offered]
        good = [pair for pair in trials if math.isfinite(pair[1].error)]
        if good:
            best[str(calls)] = min(good, key=lambda pair: pair[1].error)
    return best


def _learned(task: Task, settings: Settings) -> dict[str, tuple[str, Trial]]:
    schedule, name, _, solver = task
    problem, training = _problem(name, schedule), Problem(name, schedule, states=TRAINED_ON[name], seed=1)
    best = {}
    for calls in settings.learned_calls:
        trial = learned_trial(LEARNED[solver], problem, training, calls, settings.iterations)
        best[str(calls)] = ("learned", trial)
    return best


@lru_cache(maxsize=2)
def _problem(name: str, schedule: str) -> Problem:
    return Problem(name, schedule)


@lru_cache(maxsize=2)
def _of_ours(name: str, schedule: str) -> list[Candidate]:
    problem = _problem(name, schedule)
    x_0 = problem.denoiser.sample(MEASURED_ON, generator=torch.Generator().manual_seed(12))
    generator = torch.Generator().manual_seed(13)
    measured = model_statistics(problem.denoiser, x_0, problem.statistics, generator=generator, t_end=problem.t_end)
    return candidates(problem.statistics, measured)


def _solvers(library: str, selected: bool) -> list[str]:
    if library != LIBRARY:
        return list(dict.fromkeys(candidate.solver for candidate in solver_peers.candidates(library, quick=selected)))
    return [name for name in names() if not selected or name in SELECTED]


def _offered(library: str, name: str, schedule: str, selected: bool) -> list[Candidate]:
    return _of_ours(name, schedule) if library == LIBRARY else solver_peers.candidates(library, quick=selected)


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")


def _task(row: Table) -> Task:
    return row["schedule"], row["problem"], row["library"], row["solver"]


def _started(settings: Settings, output: Path) -> Table:
    """The table of an earlier run that did not come to its end, or a new one.

    Raises:
        InputError: if that run was of other settings, libraries or code, whose rows do not mix with ours.
    """
    fresh = header(settings)
    found = json.loads(output.read_text()) if output.is_file() else {"complete": True}
    if found.get("complete", False):
        return fresh
    differing = ", ".join(f"`{key}`" for key in SAME if _origin(found, key) != _origin(fresh, key))
    if differing:
        raise InputError(
            f"{output}: holds rows of an unfinished run that differs in {differing}; "
            "to start afresh, remove the file or choose another with --output"
        )
    return {**fresh, "git_commit": found["git_commit"], "rows": found["rows"]}


def _origin(table: Table, key: str) -> Any:
    """Without the mark of changed files: the table itself may be one. `code` tells changed sources apart."""
    value = table.get(key)
    return value.removesuffix("+changes") if key == "git_commit" and value else value


def header(settings: Settings) -> Table:
    """What the numbers are of."""
    plain = json.loads(json.dumps(asdict(settings)))
    batches = {"states": STATES, "seed": 0, "training_states": TRAINED_ON, "training_seed": 1}
    return {
        "complete": False,
        "settings": {**plain, **batches, "dtype": "float64"},
        "grids": list(GRIDS),
        "versions": dict(_versions()),
        "peers_missing": solver_peers.missing(),
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()},
        "git_commit": git_commit(),
        "code": _digest(),
        "rows": [],
    }


def _digest() -> str:
    """SHA-256 of the sources that the numbers depend on."""
    here, package = Path(__file__).parent, Path(sciml.__file__).parent
    sources = [*here.glob("solver*.py"), *(path for layer in LAYERS for path in (package / layer).rglob("*.py"))]
    digest = sha256()
    for path in sorted(sources):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _versions() -> Iterator[tuple[str, str]]:
    for package in ("torch", "numpy", "scipy", *solver_peers.NEEDS):
        try:
            yield package, version(package)
        except PackageNotFoundError:
            continue


def write(table: Table, output: Path) -> None:
    """Atomically, a row a line."""
    rows = ",\n  ".join(json.dumps(row) for row in table["rows"])
    rest = {key: value for key, value in table.items() if key != "rows"}
    text = json.dumps(rest, indent=1).removesuffix("\n}") + f',\n "rows": [\n  {rows}\n ]\n}}\n'
    with atomic_file(output) as temporary:
        temporary.write_text(text)
