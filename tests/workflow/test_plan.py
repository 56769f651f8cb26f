"""What a configuration asks for on this machine."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sciml.config.base import read_config
from sciml.config.graph_settings import (
    GraphComparisonJob,
    GraphDataJob,
    GraphDistillationJob,
    GraphEvaluationJob,
    GraphGuideJob,
    GraphTrainingJob,
)
from sciml.config.graph_sources import SOURCES_OF
from sciml.config.jobs import DistillationJob, EvaluationJob
from sciml.config.sequence_settings import (
    FineTuningJob,
    OracleJob,
    SequenceComparisonJob,
    SequenceDataJob,
    SequenceEvaluationJob,
    SequenceTrainingJob,
)
from sciml.io.errors import InputError
from sciml.io.fetch import SOURCES

from .conftest import ROOT

RAW = SOURCES["era5_uk"].filename


@pytest.fixture
def make(plan_module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda values, **environment: plan_module.make_plan(values, "mine.yaml", environment)


def put(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")


def test_importing_the_plan_does_not_import_torch():
    command = "import plan, sys; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflows")}
    assert subprocess.run([sys.executable, "-c", command], env=environment, check=False).returncode == 0


def test_a_baseline_has_one_run_and_a_network_one_for_each_seed(make, small):
    folder = "results/pde/tiny"
    assert make(small).fields.runs == [f"{folder}/persistence/seed-0", f"{folder}/wdno/seed-0", f"{folder}/wdno/seed-1"]


def test_without_mirror_and_download_a_public_data_set_is_left_out_with_one_line(make, era5):
    plan = make(era5 | {"mirror": "elsewhere"})
    assert list(plan.fields.experiments) == ["tiny"]
    (line,) = plan.left_out
    assert "\n" not in line
    for part in ("era5_uk", RAW, "data/raw", "elsewhere", "`download: true`", "SCIML_MIRROR"):
        assert part in line


@pytest.mark.parametrize("folder", ["data/raw", "mirror", "other"])
def test_a_public_data_set_is_taken_from_raw_data_mirror_or_environment(make, era5, folder):
    put(Path(folder) / RAW)
    plan = make(era5 | {"mirror": "mirror"}, **({"SCIML_MIRROR": "other"} if folder == "other" else {}))
    assert list(plan.fields.experiments) == ["tiny", "era5_uk"]
    assert plan.fields.raw("era5_uk") == [f"data/raw/{RAW}"]


def test_the_environment_overrides_the_mirror(make, era5):
    put(Path("mirror") / RAW)
    assert make(era5 | {"mirror": "mirror"}, SCIML_MIRROR="other").left_out


def test_downloads_bring_a_public_data_set_in(make, era5):
    assert not make(era5 | {"download": True}).left_out


def test_nothing_to_do_says_why(make, era5):
    del era5["pde"]["tiny"]
    with pytest.raises(InputError, match="era5_uk is left out"):
        make(era5)


def test_a_users_own_file_is_imported_where_it_lies(make, era5):
    era5["pde"]["era5_uk"]["data"]["path"] = "own.nc"
    with pytest.raises(InputError, match=r"mine.yaml: `pde.era5_uk.data.path` must be .*era5_uk.*, got 'own.nc'"):
        make(era5)
    Path("own.nc").touch()
    assert make(era5).fields.raw("era5_uk") == ["own.nc"]


@pytest.mark.parametrize("kept", [(), (0,), (0, 1)])
def test_a_set_of_graphs_needs_all_its_public_files(make, qm9, graphs, kept):
    files = [SOURCES[name].filename for name in ("qm9", "qm9_test_rows")]
    for index in kept:
        path = Path("mirror") / files[index]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    plan = make({"mirror": "mirror", "graphs": graphs | qm9})
    assert plan.graphs.raw("qm9") == [f"data/raw/{file}" for file in files]
    if len(kept) == 2:
        assert plan.datasets == ["data/graphs/pairs.zarr", "data/graphs/qm9.zarr"] and not plan.left_out
        return
    assert plan.runs == ["results/graphs/pairs/tiny/seed-0"]
    (line,) = plan.left_out
    assert line.startswith("Data set qm9 is left out: there is no ")
    assert [file in line for file in files] == [index not in kept for index in (0, 1)]


def test_the_sources_of_graphs_are_those_that_they_are_prepared_from():

    assert all(name in SOURCES for names in SOURCES_OF.values() for name in names)


def test_a_users_own_graphs_are_imported_where_they_lie(make, graphs):
    graphs["pairs"]["data"] = {"kind": "file", "path": "own.smi"}
    with pytest.raises(InputError, match=r"mine.yaml: `graphs.pairs.data.path` must be a file that is there, got 'own.smi'"):
        make({"graphs": graphs})
    Path("own.smi").touch()
    assert make({"graphs": graphs}).graphs.raw("pairs") == ["own.smi"]


def test_names_of_one_domain_are_none_of_the_other(make, small, graphs):
    patterns = make(small | {"graphs": graphs}).patterns
    assert (patterns["dataset"], patterns["graphset"]) == ("tiny", "pairs")
    alone = make({"graphs": graphs}).patterns
    assert re.fullmatch(alone["dataset"], "") is None and re.fullmatch(alone["model"], "tiny") is None


def test_settings_of_graphs_are_read_by_the_verbs(make, graphs):
    make({"graphs": graphs}).write_jobs()
    folder = Path("results/graphs/pairs")
    jobs = {
        "data.yaml": GraphDataJob,
        "tiny/training.yaml": GraphTrainingJob,
        "evaluation.yaml": GraphEvaluationJob,
        "comparison.yaml": GraphComparisonJob,
    }
    assert {str(file.relative_to(folder)) for file in folder.rglob("*.yaml")} == set(jobs)
    found = {name: read_config(job, folder / name) for name, job in jobs.items()}
    assert found["comparison.yaml"].evaluation == found["evaluation.yaml"].evaluation
    assert found["comparison.yaml"].comparison.calls == (2,)


def test_what_is_guided_has_a_guide_and_an_evaluation_of_its_own(make, guided):
    plan = make({"seeds": [0, 1], "graphs": guided}).graphs
    folder = "results/graphs/pairs"
    assert plan.runs == [f"{folder}/{name}/seed-{seed}" for name in ("tiny", "led") for seed in (0, 1)]
    assert plan.comparisons == [f"{folder}/tiny/seed-{seed}" for seed in (0, 1)]
    assert plan.patterns == ("pairs", "led|tiny") and (plan.plain, plan.guided) == ("tiny", "led")
    assert plan.training("pairs", "led").steps == 3 and plan.training("pairs", "tiny").steps == 2
    assert plan.model("pairs", "led", "1") == plan.model("pairs", "tiny", "1") == f"{folder}/tiny/seed-1/model.safetensors"
    assert plan.guide("pairs", "led", "1") == [f"{folder}/led/seed-1/model.safetensors"]
    assert plan.guide("pairs", "tiny", "1") == []
    assert plan.evaluation("pairs", "led") == f"{folder}/led/evaluation.yaml"
    assert plan.evaluation("pairs", "tiny") == f"{folder}/evaluation.yaml"


def test_students_of_graphs_have_a_teacher_and_an_evaluation_of_their_own(make, taught):
    plan = make({"seeds": [0, 1], "graphs": taught}).graphs
    folder = "results/graphs/pairs"
    assert plan.runs == [f"{folder}/{name}/seed-{seed}" for name in ("tiny", "fast") for seed in (0, 1)]
    assert plan.comparisons == [f"{folder}/tiny/seed-{seed}" for seed in (0, 1)]
    assert plan.patterns == ("pairs", "fast|tiny") and (plan.plain, plan.students) == ("tiny", "fast")
    assert plan.training("pairs", "fast").steps == 3
    assert plan.teacher("pairs", "fast", "1") == f"{folder}/tiny/seed-1/model.safetensors"
    assert plan.model("pairs", "fast", "1") == f"{folder}/fast/seed-1/model.safetensors"
    plan.write_jobs()
    assert read_config(GraphDistillationJob, Path(folder, "fast/distillation.yaml")).student.calls == 1
    found = read_config(GraphEvaluationJob, Path(plan.evaluation("pairs", "fast"))).evaluation.sampling
    assert (found.solver.name, found.solver.steps, found.denoise, found.count) == ("ddim", 1, False, 8)


def test_students_of_fields_have_a_teacher_and_an_evaluation_of_their_own(make, small):
    small["pde"]["tiny"]["students"] = {"fast": {"teacher": "wdno", "calls": 2, "training": {"steps": 3}}}
    plan = make(small | {"seeds": [0, 1]}).fields
    folder = "results/pde/tiny"
    assert plan.runs[-2:] == [f"{folder}/fast/seed-{seed}" for seed in (0, 1)]
    assert "fast" not in plan.plain and plan.students == "fast" and not plan.compared("tiny", "fast")
    assert plan.training("tiny", "fast").steps == 3
    assert plan.teacher("tiny", "fast", "1") == f"{folder}/wdno/seed-1/model.safetensors"
    assert plan.evaluation("tiny", "wdno") == f"{folder}/evaluation.yaml"
    plan.write_jobs()
    assert read_config(DistillationJob, Path(folder, "fast/distillation.yaml")).student.teacher == "wdno"
    found = read_config(EvaluationJob, Path(plan.evaluation("tiny", "fast"))).evaluation
    shared = read_config(EvaluationJob, Path(folder, "evaluation.yaml")).evaluation
    assert (found.solver.name, found.solver.steps) == ("ddim", 2)
    assert found.model_copy(update={"solver": shared.solver}) == shared


def test_settings_of_guides_are_read_by_the_verbs(make, guided):
    """How near a property comes is told where it can be computed of what was generated."""
    make({"graphs": guided}).write_jobs()
    folder = Path("results/graphs/pairs")
    assert not (folder / "led/training.yaml").exists()
    assert read_config(GraphGuideJob, folder / "led/guide.yaml").guide.property == "wiener"
    common = read_config(GraphEvaluationJob, folder / "evaluation.yaml").evaluation
    found = read_config(GraphEvaluationJob, folder / "led/evaluation.yaml").evaluation
    assert (common.sampling.value, common.property) == (None, None)
    assert (found.sampling.value, found.sampling.guidance, found.property) == (4.0, 2.0, None)
    assert found.sampling.model_copy(update={"value": None, "guidance": 1.0}) == common.sampling
    guided["pairs"]["guides"]["led"]["guide"]["property"] = "logp"
    make({"graphs": guided}).write_jobs()
    assert read_config(GraphEvaluationJob, folder / "led/evaluation.yaml").evaluation.property == "logp"


def test_granted_time_sets_order_and_limit(make, small):
    models = small["pde"]["tiny"]["models"]
    models["long"] = models["wdno"] | {"training": {"cpu_seconds": 300}}
    models["short"] = models["wdno"] | {"training": {"cpu_seconds": 30}}
    plan = make(small)
    priorities = [plan.fields.training_priority("tiny", model) for model in ("wdno", "long", "short", "persistence")]
    assert priorities == sorted(priorities, reverse=True)
    assert len(set(priorities)) == 4
    assert plan.fields.training_minutes("tiny", "long") * 60 * 0.9 > 2 * 300
    assert plan.fields.training_minutes("tiny", "wdno") == 24 * 60


def test_settings_of_a_job_are_written_only_where_they_change(make, small):
    make(small).write_jobs()
    files = sorted(Path("results").rglob("*.yaml"))
    assert [str(file.relative_to("results/pde/tiny")) for file in files] == [
        "calibration.yaml",
        "comparison.yaml",
        "data.yaml",
        "evaluation.yaml",
        "persistence/training.yaml",
        "wdno/training.yaml",
    ]
    before = {file: file.stat().st_mtime_ns for file in files}
    time.sleep(0.02)
    small["pde"]["tiny"]["models"]["wdno"]["training"]["rate"] = 0.01
    make(small).write_jobs()
    assert [str(file) for file in files if file.stat().st_mtime_ns != before[file]] == [
        "results/pde/tiny/wdno/training.yaml"
    ]


def test_solvers_are_compared_on_the_models_of_sequences_that_are_named(make, sequences):
    assert make({"sequences": sequences}).sequences.comparisons == []
    sequences["dna"]["comparison"] = {"solvers": ["ancestral"]}
    plan = make({"seeds": [0, 1], "sequences": sequences}).sequences
    assert plan.comparisons == [f"results/sequences/dna/pretrained/seed-{seed}" for seed in (0, 1)]
    sequences["dna"]["compared"] = ["drakes"]
    assert make({"sequences": sequences}).sequences.comparisons == ["results/sequences/dna/drakes/seed-0"]


def test_settings_of_sequences_are_read_by_the_verbs(make, sequences):
    evaluation = {"sampling": {"count": 8}, "motifs": ["SPI1"]}
    sequences["dna"] |= {"comparison": {"solvers": ["ancestral"], "calls": [2]}, "evaluation": evaluation}
    make({"sequences": sequences}).write_jobs()
    folder = Path("results/sequences/dna")
    jobs = {
        "data.yaml": SequenceDataJob,
        "oracles.yaml": OracleJob,
        "comparison.yaml": SequenceComparisonJob,
        "pretrained/training.yaml": SequenceTrainingJob,
        "drakes/finetuning.yaml": FineTuningJob,
        **{f"{method}/evaluation.yaml": SequenceEvaluationJob for method in ("pretrained", "drakes", "best")},
    }
    assert {str(file.relative_to(folder)) for file in folder.rglob("*.yaml")} == set(jobs)
    found = {name: read_config(job, folder / name) for name, job in jobs.items()}
    assert found["comparison.yaml"].evaluation == found["pretrained/evaluation.yaml"].evaluation
    assert found["comparison.yaml"].comparison.calls == (2,)
    assert found["best/evaluation.yaml"].evaluation.sampling.steering.method == "best_of_n"


@pytest.mark.parametrize("taken", ["drakes", "pretrained", "oracles"])
def test_names_of_methods_on_sequences_are_apart(make, sequences, taken):
    sequences["dna"]["steering"] = {taken: {"method": "smc"}}
    with pytest.raises(InputError, match="names of `finetuning`, `steering` and `students` must differ"):
        make({"sequences": sequences})


def test_what_is_steered_samples_the_pretrained_model_and_is_led_by_the_first_oracle(make, sequences):
    sequences["dna"]["steering"]["told"] = {"method": "classifier_free", "label": 1}
    sequences["dna"]["steering"]["guided"] = {"method": "classifier"}
    sequences["dna"]["model"]["condition"] = sequences["dna"]["oracles"]["target"]["label"] = "class"
    sequences["dna"]["oracles"]["target"]["task"] = "classes"
    whole = make({"sequences": sequences})
    plan, folder = whole.sequences, "results/sequences/dna"
    assert (
        plan.model("dna", "best", "0") == plan.model("dna", "told", "0") == f"{folder}/pretrained/seed-0/model.safetensors"
    )
    assert plan.model("dna", "drakes", "0") == f"{folder}/drakes/seed-0/model.safetensors"
    assert plan.reward("dna", "best", "0") == [f"{folder}/oracles/seed-0/first.safetensors"]
    assert plan.reward("dna", "guided", "0") == [f"{folder}/oracles/seed-0/masked.safetensors"]
    assert re.fullmatch(whole.patterns["member"], "masked"), "or no rule makes it"
    assert plan.reward("dna", "told", "0") == plan.reward("dna", "drakes", "0") == plan.manifest("dna", "told", "0") == []
    assert plan.manifest("dna", "drakes", "0") == [f"{folder}/drakes/seed-0/manifest.json"]
    assert plan.trained == [f"{folder}/pretrained/seed-0", f"{folder}/drakes/seed-0"]
