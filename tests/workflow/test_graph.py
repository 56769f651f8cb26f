"""Every target of every scale can be built, and a faulty configuration is one line."""

from collections import Counter

import pytest
import yaml

from sciml.io.fetch import SOURCES

from .conftest import ROOT, SCALES

RAW = SOURCES["era5_uk"].filename


def expected(scale: str) -> Counter:
    settings = yaml.safe_load((ROOT / f"workflows/config/{scale}.yaml").read_text())
    models = [model for experiment in settings["pde"].values() for model in experiment["models"].values()]
    runs = sum(len(settings["seeds"]) if model["kind"] == "neural" else 1 for model in models)
    datasets = len(settings["pde"])
    sampled = {
        stage: sum(
            len(settings["seeds"]) * _samplers(experiment) for experiment in settings["pde"].values() if stage in experiment
        )
        for stage in ("calibration", "comparison")
    }
    exact = int(settings.get("solver_benchmark", False))
    solvers = Counter(calibrate=sampled["calibration"], compare=sampled["comparison"], solver_benchmark=exact)
    return Counter(prepare=datasets, train=runs, evaluate=runs, report=1, all=1) + solvers


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
    (tmp_path / "mirror" / RAW).parent.mkdir(parents=True)
    (tmp_path / "mirror" / RAW).touch()
    assert graph(ROOT / f"workflows/config/{scale}.yaml") == expected(scale) + Counter(fetch=1)


def test_without_a_configuration_it_is_the_default_scale(graph, capsys):
    jobs = graph()
    assert jobs["prepare"] == 1
    assert "era5_uk is left out" in capsys.readouterr().err
    assert jobs == graph(ROOT / "workflows/config/default.yaml")


@pytest.mark.parametrize(
    ("target", "rules"),
    [
        ("data", {"data", "prepare"}),
        ("models", {"models", "prepare", "train"}),
        ("results/report.html", {"prepare", "train", "calibrate", "evaluate", "compare", "report"}),
        ("data/pde/tiny.zarr", {"prepare"}),
        ("results/pde/tiny/wdno/seed-7/model.safetensors", {"prepare", "train"}),
        ("results/pde/tiny/wdno/seed-1/evaluation.json", {"prepare", "train", "evaluate"}),
    ],
)
def test_a_target_can_be_asked_for_by_name(graph, write, small, target, rules):
    assert set(graph(write(small), targets=(target,))) == rules


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
        ({"pde": {}}, "`pde`"),
    ],
)
def test_a_faulty_configuration_is_one_line_and_no_traceback(snakemake, write, small, change, says):
    done = snakemake("--dry-run", "--configfile", str(write(small | change)))
    assert done.returncode == 2
    line, *more = done.stderr.splitlines()
    assert line.startswith("sciml: config.yaml: ")
    assert says in line
    assert not more
