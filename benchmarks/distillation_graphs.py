"""Graphs in two calls and in four: students beside their teacher under solvers of as many calls."""

from pathlib import Path
from typing import Any

from sciml.config.distillation import ConsistencyConfig, PairsConfig, StudentConfig
from sciml.config.graph_models import GraphModelConfig, GraphTransformerConfig
from sciml.config.graph_settings import GraphEvaluationConfig, GraphSamplingConfig
from sciml.config.graphs import CommunitySmallConfig
from sciml.config.models import TrainingConfig
from sciml.config.solvers import SolverConfig
from sciml.graphs.data.catalog import prepare_graphs
from sciml.graphs.data.store import load_graphs
from sciml.graphs.distill import distill_generator
from sciml.graphs.evaluate import Judge
from sciml.graphs.generator import GraphGenerator
from sciml.graphs.sampling import sample_graphs
from sciml.graphs.train import train_generator

MODEL = GraphModelConfig(
    net=GraphTransformerConfig(width=64, pair_width=32, layers=4),
    training=TrainingConfig(steps=1300, batch=32, rate=2e-3),
)
TEACHING = PairsConfig(pairs=4096, solver=SolverConfig(name="ddim", steps=20))
LEARNING = TrainingConfig(steps=500, batch=32, rate=1e-3)
STUDENTS = {
    **{
        f"regression, {calls} calls": StudentConfig(teacher="m", calls=calls, method=TEACHING, training=LEARNING)
        for calls in (2, 4)
    },
    "consistency, 4 calls": StudentConfig(teacher="m", calls=4, method=ConsistencyConfig(), training=LEARNING),
}
FAST = (
    SolverConfig(name="ddim"),
    SolverConfig(name="ddim", eta=1.0),
    SolverConfig(name="dpm_solver_pp_multistep"),
    SolverConfig(name="dpm_solver_pp_sde"),
    SolverConfig(name="unipc"),
)
SLOW = (SolverConfig(name="ddim", steps=20), SolverConfig(name="dpm_solver_pp_sde", order=2, steps=20))


def replaced(solver: SolverConfig, steps: int) -> SolverConfig:
    """The solver with other steps."""
    return solver.model_copy(update={"steps": steps})


def graphs(folder: Path, seed: int, count: int = 1024) -> dict[str, Any]:
    """Scores of the teacher by solvers of 2, 4 and 20 calls, the last for what noise is left or not, and of students."""
    data = folder / "community.zarr"
    if not data.exists():
        prepare_graphs(CommunitySmallConfig(kind="community_small"), data, None)
    train = load_graphs(data, "train")
    teacher = train_generator(MODEL, train, seed=seed, run_directory=folder / "graphs", fingerprint=f"teacher-{seed}")
    judge = Judge(data, GraphEvaluationConfig(law="community"), count, seed=seed)

    def row(generator: GraphGenerator, solver: SolverConfig, denoise: bool) -> dict[str, Any]:
        sampling = GraphSamplingConfig(count=count, solver=solver, denoise=denoise)
        drawn = sample_graphs(generator, sampling, seed=seed)
        scores = judge.score(drawn.generated.graphs)
        shares = {name: scores["shares"][name]["value"] for name in ("connected", "valid", "unique", "vun")}
        calls = {"solver": drawn.generated.label, "calls": drawn.generated.nfe, "cpu_s_each": drawn.seconds_per_graph}
        return calls | {"mmd_mean": scores["mmd"]["mean"]["value"], **shares}

    rows = [row(teacher.generator, replaced(solver, n - 1), True) for n in (2, 4) for solver in FAST]
    rows += [row(teacher.generator, replaced(solver, n), False) for n in (2, 4) for solver in FAST]
    rows += [row(teacher.generator, solver, True) for solver in SLOW]
    students = {}
    for name, config in STUDENTS.items():
        made = distill_generator(
            teacher.generator, config, train, seed=seed, run_directory=folder / "graphs", fingerprint=f"{name}-{seed}"
        )
        students[name] = row(made.generator, config.solver, False) | {"cpu_s": made.report.cpu_seconds}
    return {"seed": seed, "teacher_cpu_s": teacher.report.cpu_seconds, "teacher": rows, "students": students}
