"""WDNO on Burgers in one call and in two: students beside their teacher under solvers of as many calls."""

import time
from pathlib import Path
from typing import Any

from sciml.config.distillation import ConsistencyConfig, PairsConfig, PIDConfig, ProgressiveConfig, StudentConfig
from sciml.config.jobs import DistillationJob, EvaluationJob, TrainingJob, WindowConfig
from sciml.config.models import DiffusionConfig, NeuralConfig, SpectralConfig, TrainingConfig, WaveletConfig
from sciml.config.settings import EvaluationConfig
from sciml.config.solvers import SolverConfig
from sciml.pde.data.prepare import load_split, prepare_burgers
from sciml.pde.distill import distill_forecaster
from sciml.pde.evaluate import evaluate_forecaster, evenly, forecast_windows
from sciml.pde.forecaster import Forecaster
from sciml.pde.train import train_forecaster

WINDOW = WindowConfig(given=1, predicted=80)
MODEL = NeuralConfig(
    representation=WaveletConfig(),
    method=DiffusionConfig(parameterisation="v", conditional_deviation=0.1, noise_bias=2.0, band_weight=1.0),
    net=SpectralConfig(modes=(20, 24), width=32),
    training=TrainingConfig(steps=2200, batch=8, rate=5e-3),
)
SHORT, USUAL = (SolverConfig(name="ddim", steps=steps) for steps in (6, 10))
RIVALS = (
    *(SolverConfig(name="ddim", steps=steps) for steps in (1, 2, 5)),
    SHORT,
    USUAL,
    SolverConfig(name="unipc", steps=2, grid="log_snr"),
    *(SolverConfig(name="auto", steps=steps) for steps in (5, 10)),
    SolverConfig(name="unipc", order=3, steps=20, grid="log_snr"),
)
LEARNING = TrainingConfig(steps=1000, batch=16, rate=2e-3)
METHODS = {
    "regression on 6 steps": PairsConfig(solver=SHORT),
    "regression on 10 steps": PairsConfig(solver=USUAL),
    "consistency": ConsistencyConfig(),
    "progressive": ProgressiveConfig(),
    "pid": PIDConfig(),
}
ALWAYS = (("regression on 6 steps", 1), ("regression on 6 steps", 2))
WITH_THE_FIRST_SEED = (  # of six to twenty minutes each
    ("regression on 10 steps", 1),
    ("regression on 10 steps", 2),
    ("consistency", 1),
    ("progressive", 1),
    ("pid", 1),
)
SCORES = ("relative_l2", "mse", "mse_mean", "crps", "spread_skill", "seconds_per_sample", "nfe")


def fields(folder: Path, seed: int, windows: int = 64, members: int = 8) -> dict[str, Any]:
    """Scores of the teacher by its solvers, of each student, and what a trajectory takes."""
    data = folder / "burgers.zarr"
    if not data.exists():
        prepare_burgers(data, train=2048, validation=64, test=256, points=120, intervals=80, solver_points=120, seed=0)
    trained = train_forecaster(
        TrainingJob(window=WINDOW, model=MODEL), data, seed=seed, run_directory=folder / f"teacher-{seed}"
    )
    teacher = trained.forecaster
    assert isinstance(teacher, Forecaster)

    def scored(forecaster: Forecaster, solver: SolverConfig) -> dict[str, Any]:
        evaluation = EvaluationConfig(windows=windows, members=members, solver=solver)
        row = evaluate_forecaster(forecaster, EvaluationJob(window=WINDOW, evaluation=evaluation), data, seed=seed).scores[0]
        return {"solver": row["solver"], **{name: row[name] for name in SCORES}}

    rows = [scored(teacher, solver) for solver in RIVALS]
    students = {}
    for method, calls in ALWAYS if seed else (*ALWAYS, *WITH_THE_FIRST_SEED):
        config = StudentConfig(teacher="wdno", calls=calls, method=METHODS[method], training=LEARNING)
        made = distill_forecaster(
            teacher,
            DistillationJob(window=WINDOW, student=config),
            data,
            seed=seed,
            run_directory=folder / f"students-{seed}",
            digest=f"{seed}",
        )
        assert isinstance(made.forecaster, Forecaster)
        students[f"{method}, {calls} calls"] = scored(made.forecaster, config.solver) | {"cpu_s": made.cpu_seconds}
    return (
        {"seed": seed, "teacher_cpu_s": trained.cpu_seconds, "teacher": rows, "students": students}
        | compared(rows, students)
        | {"seconds": _seconds(teacher, data, rows, students[f"{ALWAYS[0][0]}, 1 calls"])}
    )


def compared(rows: list[dict[str, Any]], students: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Students beside their teacher: by the solver that has its least error, and by those that taught."""
    by_solver = {row["solver"]: row for row in rows}
    taught = {"regression on 6 steps": "DDIM, 6 steps"}
    best = min(row["relative_l2"] for row in rows)

    def less(name: str, row: dict[str, Any]) -> float:
        teacher = by_solver[taught.get(name.split(",")[0], "DDIM, 10 steps")]
        return row["spread_skill"] - teacher["spread_skill"]

    return {
        "relative_l2_to_best_teacher": {name: row["relative_l2"] / best for name, row in students.items()},
        "relative_l2_to_teacher_of_10_calls": {
            name: row["relative_l2"] / by_solver["DDIM, 10 steps"]["relative_l2"] for name, row in students.items()
        },
        "spread_skill_less_that_of_the_solver_that_taught": {name: less(name, row) for name, row in students.items()},
    }


def _seconds(teacher: Forecaster, data: Path, rows: list[dict[str, Any]], student: dict[str, Any]) -> dict[str, float]:
    """Of a trajectory: 1000 steps on eight of them, and how many times the student is faster."""
    tasks, began = evenly(load_split(data, "test", WINDOW), 8), time.process_time()
    forecast_windows(teacher, tasks, SolverConfig(name="ddim", steps=1000), members=1, batch=8, seed=0)
    long = (time.process_time() - began) / 8
    few = student["seconds_per_sample"]
    usual = next(row for row in rows if row["solver"] == "DDIM, 10 steps")
    return {
        "teacher_1000": long,
        "teacher_10": usual["seconds_per_sample"],
        "student_1": few,
        "faster_than_1000": long / few,
        "faster_than_10": usual["seconds_per_sample"] / few,
    }
