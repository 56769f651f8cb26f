"""The workflow from simulation to report, and what runs again after which change."""

import json
import os
import re
from collections import Counter

import pytest

from .conftest import ROOT


def planned(done) -> Counter:
    """How many jobs of each rule a dry run announces."""
    assert done.returncode == 0, done.stdout + done.stderr
    return Counter(_names(done))


def _names(done) -> list[str]:
    return [name for name in re.findall(r"^(?:local)?rule (\w+):", done.stdout + done.stderr, re.M) if name != "all"]


def test_a_second_run_does_nothing_and_a_change_re_runs_what_follows_from_it(snakemake, write, small, tmp_path):
    config = ("--configfile", str(write(small)))
    done = snakemake(*config)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "results/report.html").stat().st_size > 10_000
    run = tmp_path / "results/pde/tiny/wdno/seed-1"
    assert json.loads((run / "evaluation.json").read_text())["dataset"] == "tiny"
    assert json.loads((run / "manifest.json").read_text())["threads"] == 1
    assert (tmp_path / "results/benchmarks/pde/tiny/wdno/seed-1/train.tsv").is_file()

    again = (*config, "--dry-run")
    assert not planned(snakemake(*again))
    write(small, comment="only a comment")
    assert not planned(snakemake(*again))
    os.utime(tmp_path / "results/pde/tiny/wdno/training.yaml")
    assert not planned(snakemake(*again))
    assert planned(snakemake(*again, "--forcerun", "evaluate")) == Counter(evaluate=3, report=1)

    small["pde"]["tiny"]["evaluation"]["members"] = 3
    write(small)
    assert planned(snakemake(*again)) == Counter(evaluate=3, report=1)
    small["pde"]["tiny"]["evaluation"]["members"] = 2
    small["pde"]["tiny"]["calibration"]["calls"] = [3]
    write(small)
    assert planned(snakemake(*again)) == Counter(calibrate=2, compare=2, report=1)
    small["pde"]["tiny"]["calibration"]["calls"] = [2]
    small["pde"]["tiny"]["models"]["wdno"]["training"]["rate"] = 0.01
    write(small)
    assert planned(snakemake(*again)) == Counter(train=2, calibrate=2, evaluate=2, compare=2, report=1)
    small["pde"]["tiny"]["models"]["wdno"]["training"]["rate"] = 0.001
    write(small)
    assert not planned(snakemake(*again))

    (run / "evaluation.json").unlink()
    one = snakemake("results/pde/tiny/wdno/seed-1/evaluation.json", *config)
    assert Counter(_names(one)) == Counter(evaluate=1), one.stdout + one.stderr


@pytest.mark.slow
def test_graphs_run_whole_and_a_change_re_runs_what_follows_from_it(snakemake, write, graphs, tmp_path):
    config = ("--configfile", str(write({"graphs": graphs})))
    done = snakemake(*config)
    assert done.returncode == 0, done.stdout + done.stderr
    run = tmp_path / "results/graphs/pairs/tiny/seed-0"
    assert json.loads((run / "evaluation.json").read_text())["dataset"] == "pairs"
    assert {"model.safetensors", "manifest.json", "events.jsonl", "samples.zarr", "examples.json", "solvers.json"} <= {
        path.name for path in run.iterdir()
    }
    assert "Squared MMD" in (tmp_path / "results/report.html").read_text()
    assert not planned(snakemake(*config, "--dry-run"))
    graphs["pairs"]["evaluation"]["law"] = "community"
    write({"graphs": graphs})
    again = planned(snakemake(*config, "--dry-run"))
    assert again == Counter(graph_sample=1, graph_score=1, graph_compare=1, report=1)


@pytest.mark.slow
def test_the_smoke_scale_runs_whole_and_only_once(snakemake, tmp_path, monkeypatch, mirror):
    monkeypatch.setenv("SCIML_MIRROR", str(mirror.resolve()))
    config = ("--configfile", str(ROOT / "workflows/config/smoke.yaml"))
    done = snakemake(*config)
    assert done.returncode == 0, done.stdout + done.stderr
    report = (tmp_path / "results/smoke/report.html").read_text()
    assert "era5_uk" in report
    assert "wdno" in report
    assert "graph_transformer" in report
    monkeypatch.setenv("SCIML_MIRROR", str(tmp_path / "gone"))
    assert not planned(snakemake(*config, "--dry-run"))
