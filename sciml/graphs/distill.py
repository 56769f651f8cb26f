"""Distil one generator of graphs into a student of few network calls."""

import time
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from sciml.config.distillation import StudentConfig
from sciml.distillation.teaching import Course, teach
from sciml.graphs.conditions import property_of
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.generator import GraphGenerator
from sciml.graphs.sampling import leading, time_of_end
from sciml.io.errors import InputError
from sciml.numerics.graph_state import GraphState
from sciml.solvers.configured import configured, solver_label
from sciml.solvers.grids import Grid
from sciml.training.fit import FitReport


@dataclass(frozen=True)
class Distilled:
    """A student, what its training took, with all that it learnt from, and where its checkpoints and events lie."""

    generator: GraphGenerator
    report: FitReport
    run: Path


def distill_generator(
    teacher: GraphGenerator,
    config: StudentConfig,
    graphs: GraphSet,
    *,
    seed: int,
    run_directory: Path,
    fingerprint: str,
    time_limit: float | None = None,
    properties: Mapping[str, Tensor] | None = None,
    origin: str = "the model",
) -> Distilled:
    """A student, with codes, sizes and moments of its teacher.

    Args:
        teacher: trained.
        config: how to distil.
        graphs: the training set, which gives sizes and conditions, and data to consistency and progressive distillation.
        seed: of shuffles and noise.
        run_directory: checkpoints and events lie in a folder of it named by the fingerprint.
        fingerprint: of configuration, teacher, data and seed.
        time_limit: wall seconds after which to save and stop.
        properties: numbers known of the graphs, by name, that the teacher's `condition` may ask for.
        origin: what to call the teacher in an error.

    Raises:
        InputError: the teacher is a student itself, or was made for graphs of other kinds.
        Stopped, NonFiniteLoss: see `fit`.
    """
    cpu, wall = time.process_time(), time.monotonic()
    if teacher.student is not None:
        made_for = solver_label(teacher.student)
        raise InputError(f"{origin}: is a student, sampled by {made_for} alone: only its teacher can be distilled")
    if graphs.atoms != teacher.representation.atoms:
        raise InputError(f"{origin}: was trained on graphs of {teacher.representation.atoms}, the data has {graphs.atoms}")
    student = deepcopy(teacher)
    student.student = config.solver

    def grid(steps: int) -> Grid:
        asked = config.solver.model_copy(update={"steps": steps})
        return configured(asked, leading(teacher), t_end=time_of_end(teacher))[1]

    state = teacher.representation.encode(graphs)
    told = [teacher.condition(property_of(teacher.asks_for, graphs, properties))] if teacher.conditional else []
    course = Course(
        rows=(state.x, state.adj, state.mask, *told),
        assemble=_assemble,
        student_grid=grid,
        directory=run_directory / fingerprint,
        fingerprint=fingerprint,
        time_limit=time_limit,
        precision=teacher.precision,
    )
    reports = teach(config, teacher.denoiser, student.denoiser, course, seed=seed)
    teacher.to("cpu")
    student.to("cpu").precision = reports[-1].precision
    report = replace(
        reports[-1],
        steps=sum(each.steps for each in reports),
        cpu_seconds=time.process_time() - cpu,
        wall_seconds=time.monotonic() - wall,
    )
    return Distilled(student.eval(), report, course.directory)


def _assemble(x: Tensor, adj: Tensor, mask: Tensor, *cond: Tensor) -> tuple[GraphState | Tensor, ...]:
    return (GraphState(x, adj, mask), *cond)
