"""Students of generators of graphs."""

from dataclasses import replace
from pathlib import Path

import networkx as nx
import pytest
import torch

from sciml.config.base import parse
from sciml.config.distillation import StudentConfig
from sciml.config.graph_settings import GraphSamplingConfig
from sciml.config.solvers import SolverConfig
from sciml.graphs.data.graph_set import GraphSet, graph_set
from sciml.graphs.distill import distill_generator
from sciml.graphs.generator import GraphGenerator
from sciml.graphs.sampling import sample_graphs
from sciml.graphs.store import load_generator, save_generator
from sciml.graphs.train import fitted
from sciml.io.errors import InputError
from sciml.numerics.states import flatten
from sciml.solvers.configured import configured
from sciml.solvers.integrate import integrate

METHOD = {"kind": "regression", "pairs": 64, "solver": {"name": "ddim", "steps": 4}}
TRAINING = {"steps": 60, "batch": 32, "rate": 5e-3, "precision": "32"}


def settings(**changed) -> StudentConfig:
    return parse(StudentConfig, {"teacher": "m", "calls": 1, "method": METHOD, "training": TRAINING} | changed, "f")


@pytest.fixture(scope="module")
def random_graphs() -> GraphSet:
    return graph_set([nx.gnp_random_graph(4 + seed % 3, 0.4, seed=seed) for seed in range(64)])


@pytest.fixture
def teacher(small_model, random_graphs) -> GraphGenerator:
    """An untrained network whose answers depend on what it sees."""
    torch.manual_seed(0)
    made = fitted(small_model(), random_graphs).eval()
    with torch.no_grad():
        for parameter in made.denoiser.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return made


def ends(generator: GraphGenerator, graphs: GraphSet, steps: int) -> torch.Tensor:
    process = generator.process
    solver, grid = configured(SolverConfig(name="ddim", steps=steps), process.parts["adj"])
    x = process.prior(generator.representation.encode(graphs), generator=torch.Generator().manual_seed(7))
    with torch.no_grad():
        return flatten(integrate(solver, generator.denoiser, x, grid))


def test_a_student_learns_where_its_teacher_goes(teacher, random_graphs, tmp_path: Path) -> None:
    made = distill_generator(teacher, settings(), random_graphs, seed=0, run_directory=tmp_path, fingerprint="a")
    assert made.report.steps == 60 and (tmp_path / "a" / "events.jsonl").is_file()
    goal = ends(teacher, random_graphs, 4)
    wrong = [(ends(each, random_graphs, 1) - goal).square().mean().sqrt() for each in (made.generator, teacher)]
    assert wrong[0] < 0.5 * wrong[1]
    assert torch.equal(made.generator.sizes, teacher.sizes) and made.generator.representation.atoms == ()


def test_a_student_is_stored_with_the_steps_it_was_made_for(teacher, random_graphs, small_model, tmp_path: Path) -> None:
    config = settings(calls=2, training=TRAINING | {"steps": 2})
    made = distill_generator(teacher, config, random_graphs, seed=0, run_directory=tmp_path, fingerprint="a")
    save_generator(tmp_path / "s.safetensors", made.generator, small_model())
    again = load_generator(tmp_path / "s.safetensors")[0]
    assert again.student == config.solver
    drawn = sample_graphs(again, GraphSamplingConfig(count=4), seed=0).generated
    assert (drawn.nfe, drawn.label) == (2, "DDIM, 2 steps")
    told = parse(GraphSamplingConfig, {"count": 4, "solver": {"name": "ddim", "steps": 3}}, "f")
    assert sample_graphs(again, told, seed=0).generated.nfe == 4


@pytest.mark.parametrize(
    "method",
    [
        {"kind": "consistency", "chain": 2, "states": 1},
        {"kind": "progressive", "rounds": 2},
        {"kind": "pid", "intervals": 9},
        {"kind": "boot", "intervals": 9},
    ],
    ids=lambda method: method["kind"],
)
def test_other_methods_take_graphs_and_what_they_are_asked_for(small_model, random_graphs, method: dict, tmp_path) -> None:
    edges = (random_graphs.edges > 0).sum((1, 2)).double() / 2
    torch.manual_seed(0)
    teacher = fitted(small_model(condition="edges"), random_graphs, edges).eval()
    config = settings(method=method, training=TRAINING | {"steps": 4})
    how = {"seed": 0, "run_directory": tmp_path, "fingerprint": "a", "properties": {"edges": edges}}
    made = distill_generator(teacher, config, random_graphs, **how)
    assert made.report.steps == 4 and made.generator.conditional
    asked = parse(GraphSamplingConfig, {"count": 4, "value": 3.0}, "f")
    assert sample_graphs(made.generator, asked, seed=0).generated.nfe == 1


def test_a_network_that_knows_no_time_learns_no_way(published_model, random_graphs, tmp_path: Path) -> None:
    teacher = fitted(published_model(), random_graphs).eval()
    with pytest.raises(
        InputError, match="`student.method` pid needs a network that is told the time; that of this model is"
    ):
        distill_generator(
            teacher, settings(method={"kind": "pid"}), random_graphs, seed=0, run_directory=tmp_path, fingerprint="a"
        )


def test_students_have_no_students(teacher, random_graphs, tmp_path: Path) -> None:
    teacher.student = SolverConfig(name="ddim", steps=4)
    with pytest.raises(
        InputError, match="m: is a student, sampled by DDIM, 4 steps alone: only its teacher can be distilled"
    ):
        distill_generator(teacher, settings(), random_graphs, seed=0, run_directory=tmp_path, fingerprint="a", origin="m")


def test_data_are_of_the_teacher_s_kind(teacher, random_graphs, tmp_path: Path) -> None:
    molecules = replace(random_graphs, atoms=("C", "N"))
    with pytest.raises(InputError, match=r"m: was trained on graphs of \(\), the data has \('C', 'N'\)"):
        distill_generator(teacher, settings(), molecules, seed=0, run_directory=tmp_path, fingerprint="a", origin="m")
