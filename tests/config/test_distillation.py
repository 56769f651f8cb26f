"""Settings of students."""

import pytest

from sciml.config.base import parse
from sciml.config.distillation import StudentConfig
from sciml.config.graph_settings import GraphExperimentConfig
from sciml.config.settings import ExperimentConfig
from sciml.io.errors import InputError

TRAINING = {"steps": 10}
BURGERS = {"kind": "burgers", "train": 4, "validation": 1, "test": 1}
GRAPHS = {"kind": "community_small"}


def student(**settings) -> StudentConfig:
    return parse(StudentConfig, {"teacher": "wdno", "training": TRAINING, **settings}, "f")


def test_a_student_is_sampled_by_ddim_on_its_teachers_grid() -> None:
    pairs = {"kind": "regression", "solver": {"name": "unipc", "steps": 12, "grid": "log_snr"}}
    solver = student(calls=2, method=pairs).solver
    assert (solver.name, solver.steps, solver.grid, solver.stochastic) == ("ddim", 2, "log_snr", False)
    assert student(calls=4, method={"kind": "progressive"}).solver.grid == "uniform"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"calls": 5}, r"`method.solver.steps` must be a multiple of `calls` \(5\), got 12"),
        ({"method": {"kind": "regression", "solver": {"name": "ddpm"}}}, "must add no fresh noise, got ddpm"),
        ({"method": {"kind": "regression", "solver": {"eta": 0.5}}}, "must add no fresh noise, got ddim with eta 0.5"),
        ({"method": {"kind": "regression", "solver": {"name": "auto"}}}, "must not be auto: name one"),
        ({"method": {"kind": "regression", "solver": {"name": "heun"}}}, "must reach the data, got heun"),
        ({"method": {"kind": "consistency", "chain": 2, "states": 3}}, r"`states` \(3\) must be at most `chain` \(2\)"),
        (
            {"calls": 2, "method": {"kind": "pid"}},
            "`calls` must be 1 for method pid, whose student is one of the whole flow",
        ),
        ({"calls": 2, "method": {"kind": "boot"}}, "`calls` must be 1 for method boot"),
        ({"method": {"kind": "progressive", "rounds": 11}}, r"`training.steps` \(10\) must be at least `method.rounds`"),
    ],
)
def test_what_makes_no_sense_is_refused(settings: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        student(**settings)


@pytest.mark.parametrize(
    ("students", "said"),
    [
        ({"wdno": {"teacher": "wdno", "training": TRAINING}}, "names of `students` must differ from all others, got 'wdno'"),
        ({"one": {"teacher": "mean", "training": TRAINING}}, "`students.one.teacher` must be among .* wdno; got 'mean'"),
    ],
)
def test_students_of_fields_have_names_of_their_own_and_teachers_that_sample(students: dict, said: str) -> None:
    models = {"wdno": {"kind": "neural", "training": TRAINING}, "mean": {"kind": "climatology"}}
    with pytest.raises(InputError, match=said):
        parse(ExperimentConfig, {"data": BURGERS, "models": models, "students": students}, "f")


def test_students_of_graphs_have_teachers() -> None:
    models = {"transformer": {"training": TRAINING}}
    wrong = {"data": GRAPHS, "models": models, "students": {"fast": {"teacher": "gdss", "training": TRAINING}}}
    with pytest.raises(InputError, match="must be among `models` that sample, transformer; got 'gdss'"):
        parse(GraphExperimentConfig, wrong, "f")
