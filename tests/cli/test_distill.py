"""Distillation from the command line: a student of fields and one of graphs, sampled by steps of their own."""

import json
from pathlib import Path

import pytest
import xarray as xr
from click.testing import CliRunner, Result

from sciml.cli.main import cli
from sciml.cli.verify import settings_of
from sciml.graphs.store import load_generator
from sciml.io.errors import InputError
from sciml.pde.store import load_forecaster

TRAINING = "{steps: 3, batch: 4, precision: '32'}"
BURGERS = "data: {kind: burgers, train: 8, validation: 2, test: 2, points: 16, intervals: 8, solver_points: 16}\n"
WINDOW = "window: {given: 1, predicted: 8}\n"
NET = "{kind: spectral, modes: 2, width: 4, layers: 1}"
MODEL = f"{WINDOW}model: {{kind: neural, net: {NET}, training: {TRAINING}}}\n"
METHOD = "{kind: regression, pairs: 16, solver: {name: ddim, steps: 4}}"
STUDENT = f"student: {{teacher: wdno, calls: 2, method: {METHOD}, training: {TRAINING}}}\n"
GRAPHS = "domain: graphs\ndata: {kind: community_small, train: 8, validation: 0, test: 8}\n"
TRANSFORMER = "{kind: graph_transformer, width: 4, pair_width: 4, layers: 1, heads: 2}"
GENERATOR = f"domain: graphs\nmodel: {{net: {TRANSFORMER}, training: {TRAINING}}}\n"


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data, a teacher and a student of each domain."""
    here = tmp_path_factory.mktemp("distilled")
    texts = {"fields": (BURGERS, MODEL, WINDOW + STUDENT), "graphs": (GRAPHS, GENERATOR, "domain: graphs\n" + STUDENT)}
    for domain, (data, model, student) in texts.items():
        for name, text in {"data": data, "training": model, "distillation": student}.items():
            (here / f"{domain}-{name}.yaml").write_text(text)
        run("prepare", "--config", here / f"{domain}-data.yaml", "--output", here / f"{domain}.zarr")
        common = ("--data", here / f"{domain}.zarr", "--run-directory", here / "run")
        teacher = here / f"{domain}-teacher.safetensors"
        run("train", "--config", here / f"{domain}-training.yaml", *common, "--output", teacher)
        written = ("--manifest", here / f"{domain}.json", "--events", here / f"{domain}.jsonl")
        to = ("--model", teacher, "--output", here / f"{domain}-student.safetensors")
        run("distill", "--config", here / f"{domain}-distillation.yaml", *common, *to, *written)
    return here


def test_a_student_of_fields_forecasts_by_its_own_steps(folder: Path) -> None:
    student, data = folder / "fields-student.safetensors", folder / "fields.zarr"
    run("forecast", "--model", student, "--data", data, "--output", folder / "f.nc", "--members", 2)
    with xr.open_dataset(folder / "f.nc") as forecast:
        assert forecast.attrs["solver"] == "DDIM, 2 steps"
    run("forecast", "--model", student, "--data", data, "--output", folder / "g.nc", "--solver", "ddim", "--steps", 3)
    with xr.open_dataset(folder / "g.nc") as forecast:
        assert forecast.attrs["solver"] == "DDIM, 3 steps"
    assert "# distilled: sampled by DDIM, 2 steps" in run("inspect", student).output
    teacher, made = (load_forecaster(folder / f"fields-{name}.safetensors")[0] for name in ("teacher", "student"))
    assert teacher.student is None and made.student.steps == 2


def test_a_student_of_fields_is_scored_by_its_own_steps_unless_a_solver_is_named(folder: Path) -> None:
    scored = ("--data", folder / "fields.zarr", "--model", folder / "fields-student.safetensors")
    for text, solver in {"windows: 2": "DDIM, 2 steps", "solver: {name: ddim, steps: 3}": "DDIM, 3 steps"}.items():
        (folder / "evaluation.yaml").write_text(WINDOW + f"evaluation: {{members: 2, {text}}}\n")
        run("evaluate", "--config", folder / "evaluation.yaml", *scored, "--output", folder / "e.json")
        assert [row["solver"] for row in json.loads((folder / "e.json").read_text())["scores"]] == [solver]


@pytest.mark.parametrize(
    ("verb", "text"), [("compare", "comparison: {solvers: [{name: ddim, steps: 2}]}"), ("calibrate", "calibration: {}")]
)
def test_a_student_of_fields_has_no_solvers_to_choose_among(folder: Path, verb: str, text: str) -> None:
    (folder / f"{verb}.yaml").write_text(WINDOW + text + "\n")
    scored = ("--data", folder / "fields.zarr", "--model", folder / "fields-student.safetensors")
    with pytest.raises(InputError, match=r"fields-student.safetensors: is a student, sampled by DDIM, 2 steps alone"):
        run(verb, "--config", folder / f"{verb}.yaml", *scored, "--output", folder / "x")


def test_a_student_of_graphs_is_sampled_by_its_own_steps(folder: Path) -> None:
    (folder / "sampling.yaml").write_text("domain: graphs\nevaluation: {sampling: {count: 4}}\n")
    student = folder / "graphs-student.safetensors"
    run("sample", "--config", folder / "sampling.yaml", "--model", student, "--output", folder / "s.zarr")
    scored = ("--data", folder / "graphs.zarr", "--samples", folder / "s.zarr", "--output", folder / "e.json")
    run("score", "--config", folder / "sampling.yaml", *scored)
    found = json.loads((folder / "e.json").read_text())
    assert (found["solver"], found["nfe"]) == ("DDIM, 2 steps", 2)
    assert "# distilled: sampled by DDIM, 2 steps" in run("inspect", student).output
    assert load_generator(student)[0].student.steps == 2


@pytest.mark.parametrize("domain", ["fields", "graphs"])
def test_the_manifest_names_teacher_and_steps(folder: Path, domain: str) -> None:
    manifest = json.loads((folder / f"{domain}.json").read_text())
    assert manifest["steps"] == 3 and manifest["config"]["student"]["calls"] == 2
    assert len(manifest["config"]["teacher"]) == 64
    settings = settings_of(folder / f"{domain}-distillation.yaml", "distill")
    assert settings == {name: manifest["config"][name] for name in settings}, "as `sciml verify` compares them"
    assert '"end"' in (folder / f"{domain}.jsonl").read_text()


@pytest.mark.parametrize("domain", ["fields", "graphs"])
def test_a_student_teaches_nobody(folder: Path, domain: str) -> None:
    student = folder / f"{domain}-student.safetensors"
    with pytest.raises(InputError, match="is a student"):
        run(
            *("distill", "--config", folder / f"{domain}-distillation.yaml", "--data", folder / f"{domain}.zarr"),
            *("--model", student, "--output", folder / "other.safetensors"),
        )


def test_data_of_another_domain_are_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="graphs.zarr: holds no variable over `time`: not a data set of fields"):
        run(
            *("distill", "--config", folder / "fields-distillation.yaml", "--data", folder / "graphs.zarr"),
            *("--model", folder / "fields-teacher.safetensors", "--output", folder / "other.safetensors"),
        )


def test_another_run_of_the_verb_makes_the_same_student(folder: Path, tmp_path: Path) -> None:
    for domain in ("fields", "graphs"):
        run(
            *("distill", "--config", folder / f"{domain}-distillation.yaml", "--data", folder / f"{domain}.zarr"),
            *("--model", folder / f"{domain}-teacher.safetensors", "--output", tmp_path / "again.safetensors"),
        )
        assert (tmp_path / "again.safetensors").read_bytes() == (folder / f"{domain}-student.safetensors").read_bytes()
