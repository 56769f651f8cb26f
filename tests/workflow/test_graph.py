"""Every target of every scale can be built, and a faulty configuration is one line."""

from collections import Counter

import pytest
import yaml

from sciml.io.fetch import SOURCES

from .conftest import ROOT, SCALES


def expected(scale: str) -> Counter:
    settings = yaml.safe_load((ROOT / f"workflows/config/{scale}.yaml").read_text())
    domains = _of_fields(settings) + _of_graphs(settings) + _of_sequences(settings)
    return domains + Counter(report=1, all=1, solver_benchmark=_exact(settings))


def _exact(settings: dict) -> int:
    return int(settings.get("solver_benchmark", False))


def _of_graphs(settings: dict) -> Counter:
    experiments, seeds = settings.get("graphs", {}).values(), len(settings["seeds"])
    runs = [experiment for experiment in experiments for _ in experiment["models"]]
    guides, students = (sum(len(experiment.get(name, {})) for experiment in experiments) for name in ("guides", "students"))
    compared = sum("comparison" in experiment for experiment in runs)
    stages = Counter(dict.fromkeys(("graph_sample", "graph_score"), seeds * (len(runs) + guides + students)))
    stages += Counter(graph_train=seeds * len(runs), graph_guide=seeds * guides, graph_distill=seeds * students)
    return stages + Counter(graph_prepare=len(experiments), graph_compare=seeds * compared)


def _of_sequences(settings: dict) -> Counter:
    experiments, seeds = list(settings.get("sequences", {}).values()), len(settings["seeds"])
    tuned = sum(len(experiment.get("finetuning", {})) for experiment in experiments)
    students = [len(experiment.get("students", {})) for experiment in experiments]
    steered = sum(len(experiment.get("steering", {})) for experiment in experiments)
    methods = seeds * (len(experiments) + tuned + steered + sum(students))
    trained = Counter(sequence_oracle=3 * seeds * len(experiments), sequence_pretrain=seeds * len(experiments))
    compared = sum(
        len(one.get("compared", ["pretrained"])) + distilled
        for one, distilled in zip(experiments, students, strict=True)
        if "comparison" in one
    )
    made = Counter(sequence_finetune=seeds * tuned, sequence_sample=methods, sequence_score=methods)
    made["sequence_distill"] = seeds * sum(students)
    return Counter(sequence_prepare=len(experiments), sequence_compare=seeds * compared) + trained + made


def _of_fields(settings: dict) -> Counter:
    models = [model for experiment in settings["pde"].values() for model in experiment["models"].values()]
    runs = sum(len(settings["seeds"]) if model["kind"] == "neural" else 1 for model in models)
    datasets = len(settings["pde"])
    sampled = {
        stage: sum(
            len(settings["seeds"]) * _samplers(experiment) for experiment in settings["pde"].values() if stage in experiment
        )
        for stage in ("calibration", "comparison")
    }
    solvers = Counter(calibrate=sampled["calibration"], compare=sampled["comparison"])
    students = len(settings["seeds"]) * sum(len(one.get("students", {})) for one in settings["pde"].values())
    return Counter(prepare=datasets, train=runs, distill=students, evaluate=runs + students) + solvers


def _samplers(experiment: dict) -> int:
    """Models that sample."""
    return sum(
        model.get("method", {"kind": "diffusion"})["kind"] == "diffusion"
        for model in experiment["models"].values()
        if model["kind"] == "neural"
    )


@pytest.mark.parametrize("scale", SCALES)
def test_every_scale_has_all_its_jobs(graph, tmp_path, monkeypatch, scale):
    monkeypatch.setenv("SCIML_MIRROR", str(tmp_path / "mirror"))
    for source in SOURCES.values():
        (tmp_path / "mirror" / source.filename).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mirror" / source.filename).touch()
    files = {"smoke": 1, "default": 3, "paper": 10}
    assert graph(ROOT / f"workflows/config/{scale}.yaml") == expected(scale) + Counter(fetch=files[scale])


def test_without_a_configuration_it_is_the_default_scale(graph, capsys):
    jobs = graph()
    assert jobs["prepare"] == 1 and jobs["graph_prepare"] == 2
    said = capsys.readouterr().err
    assert "era5_uk is left out" in said and "qm9 is left out" in said
    assert jobs == graph(ROOT / "workflows/config/default.yaml")


GRAPHS = {"graph_prepare", "graph_train", "graph_sample", "graph_score", "graph_compare"}


def test_a_configuration_of_graphs_alone(graph, write, small, graphs):
    found = graph(write({"seeds": [0, 1], "graphs": graphs}))
    assert found == Counter(graph_prepare=1, report=1, all=1) + Counter(dict.fromkeys(GRAPHS - {"graph_prepare"}, 2))


def test_a_student_waits_for_its_teacher(graph, write, taught):
    config = write({"graphs": taught})
    stages = graph(config)
    assert (stages["graph_train"], stages["graph_distill"], stages["graph_sample"], stages["graph_compare"]) == (1, 1, 2, 1)
    fast = ("results/graphs/pairs/fast/seed-0/model.safetensors",)
    assert graph(config, targets=fast) == Counter(graph_prepare=1, graph_train=1, graph_distill=1)


def test_a_guide_waits_for_its_model_and_leads_its_samples(graph, write, guided):
    config = write({"seeds": [0, 1], "graphs": guided})
    assert graph(config) == Counter(
        graph_prepare=1, report=1, all=1, graph_guide=2, graph_train=2, graph_compare=2
    ) + Counter(graph_sample=4, graph_score=4)
    run = "results/graphs/pairs/led/seed-1"
    made = Counter(graph_prepare=1, graph_train=1, graph_guide=1)
    assert graph(config, targets=(f"{run}/model.safetensors",)) == made
    assert graph(config, targets=(f"{run}/evaluation.json",)) == made + Counter(graph_sample=1, graph_score=1)
    assert graph(config, targets=("models",)) == Counter(graph_prepare=1, graph_train=2, graph_guide=2, models=1)


SEQUENCES = {f"sequence_{stage}" for stage in ("prepare", "oracle", "pretrain", "finetune", "sample", "score")}


@pytest.mark.parametrize(
    ("target", "rules"),
    [
        ("data/sequences/dna.zarr", {"sequence_prepare"}),
        ("models", {"models", "sequence_prepare", "sequence_oracle", "sequence_pretrain", "sequence_finetune"}),
        ("results/sequences/dna/oracles/seed-0/third.safetensors", {"sequence_prepare", "sequence_oracle"}),
        (
            "results/sequences/dna/pretrained/seed-1/samples.zarr",
            SEQUENCES - {"sequence_oracle", "sequence_finetune", "sequence_score"},
        ),
        ("results/sequences/dna/best/seed-0/samples.zarr", SEQUENCES - {"sequence_finetune", "sequence_score"}),
        ("results/sequences/dna/best/seed-0/evaluation.json", SEQUENCES - {"sequence_finetune"}),
        ("results/sequences/dna/drakes/seed-0/evaluation.json", SEQUENCES),
        (
            "results/sequences/dna/pretrained/seed-0/solvers.json",
            {"sequence_prepare", "sequence_pretrain", "sequence_compare"},
        ),
        (
            "results/sequences/dna/drakes/seed-1/solvers.json",
            SEQUENCES - {"sequence_sample", "sequence_score"} | {"sequence_compare"},
        ),
    ],
)
def test_stages_of_sequences_can_be_asked_for_by_name(graph, write, sequences, target, rules):
    sequences["dna"]["comparison"] = {"solvers": ["ancestral"]}
    assert set(graph(write({"seeds": [0, 1], "sequences": sequences}), targets=(target,))) == rules


@pytest.mark.parametrize(
    ("target", "rules"),
    [
        ("data", {"data", "prepare", "graph_prepare"}),
        ("models", {"models", "prepare", "train", "graph_prepare", "graph_train"}),
        ("results/report.html", {"prepare", "train", "calibrate", "evaluate", "compare", "report"} | GRAPHS),
        ("data/graphs/pairs.zarr", {"graph_prepare"}),
        ("results/graphs/pairs/tiny/seed-7/samples.zarr", {"graph_prepare", "graph_train", "graph_sample"}),
        ("results/graphs/pairs/tiny/seed-1/evaluation.json", GRAPHS - {"graph_compare"}),
        ("data/pde/tiny.zarr", {"prepare"}),
        ("results/pde/tiny/wdno/seed-7/model.safetensors", {"prepare", "train"}),
        ("results/pde/tiny/wdno/seed-1/evaluation.json", {"prepare", "train", "evaluate"}),
    ],
)
def test_a_target_can_be_asked_for_by_name(graph, write, small, graphs, target, rules):
    assert set(graph(write(small | {"graphs": graphs}), targets=(target,))) == rules


def test_all_public_files_of_a_data_set_are_fetched(graph, write, qm9):
    found = graph(write({"download": True, "graphs": qm9}), targets=("data/graphs/qm9.zarr",))
    assert found == Counter(fetch=2, graph_prepare=1)


def test_the_report_says_what_is_left_out(snakemake, write, era5):
    done = snakemake("--dry-run", "--printshellcmds", "--configfile", str(write(era5)))
    assert done.returncode == 0, done.stderr
    assert "--note 'Data set era5_uk is left out" in done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("Data set era5_uk is left out")]
    assert len(lines) == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sedes": [1]}, "`sedes` is not a known setting; did you mean `seeds`?"),
        ({"seeds": [-1]}, "`seeds.0` should be greater than or equal to 0, got -1"),
        ({"pde": {}}, "`pde`, `graphs` and `sequences` have no data set that can be had here"),
        (
            {"graphs": {"a": {"data": {"kind": "file", "path": "no.smi"}, "models": {"m": {"training": {"steps": 9}}}}}},
            "no.smi",
        ),
    ],
)
def test_a_faulty_configuration_is_one_line_and_no_traceback(snakemake, write, small, change, says):
    done = snakemake("--dry-run", "--configfile", str(write(small | change)))
    assert done.returncode == 2
    line, *more = done.stderr.splitlines()
    assert line.startswith("sciml: config.yaml: ")
    assert says in line
    assert not more
