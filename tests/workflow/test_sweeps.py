"""Sweeps in the workflow: what is run for each row, what is made once, and what is said of rows that failed."""

import csv
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
import yaml

from sciml.config.base import read_config
from sciml.config.sweep_settings import SweepJob
from sciml.io.errors import InputError

from .conftest import ROOT

EXAMPLE = ROOT / "workflows/config/sweep.yaml"


@pytest.fixture
def make(plan_module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda values: plan_module.make_plan(values, "mine.yaml", {})


@pytest.fixture
def example(tmp_path: Path) -> dict:
    """The example, whose table is looked for from the working directory."""
    shutil.copytree(ROOT / "workflows/config/sweeps", tmp_path / "workflows/config/sweeps")
    return yaml.safe_load(EXAMPLE.read_text())


def test_the_example_has_all_its_jobs_and_nothing_twice(graph, example):
    """Two seeds: three rows of fields, the first as the experiment is; two of graphs; two of sequences, likewise."""
    found = graph(EXAMPLE)
    fields = Counter(prepare=1, train=2 * 3, evaluate=2 * (1 + 3))
    graphs = Counter(graph_prepare=1, graph_train=2, graph_sample=2 * (1 + 2), graph_score=2 * (1 + 2))
    sequences = Counter(sequence_prepare=1, sequence_oracle=2 * 3, sequence_pretrain=2, sequence_finetune=2 * 2)
    sequences += Counter(sequence_sample=2 * (2 + 2), sequence_score=2 * (2 + 2))
    copies = Counter(sweep_data=3 + 2 + 2, sweep_model=2 * (1 + 2 + 2 + 1), sweep_oracle=2 * 2 * 3)
    assert found - Counter(copies) == fields + graphs + sequences + Counter(sweep=3, report=1, all=1)
    assert {rule: found[rule] for rule in copies} == dict(copies)


@pytest.mark.parametrize(("domain", "sweep"), [("pde", "rates"), ("graphs", "steps"), ("sequences", "alphas")])
def test_a_sweep_can_be_asked_for_by_name_in_each_domain(graph, write, example, domain, sweep):
    alone = {key: value for key, value in example.items() if key not in ("pde", "graphs", "sequences", "sweeps")}
    config = write({**alone, domain: example[domain], "sweeps": {sweep: example["sweeps"][sweep]}})
    found = graph(config, targets=(f"results/sweep/sweeps/{sweep}.tsv",))
    assert found["sweep"] == 1 and "report" not in found and found["sweep_data"] == (3 if domain == "pde" else 2)
    assert graph(config, targets=("sweeps",)) == found + Counter(sweeps=1)
    assert graph(config)["report"] == 1


def test_without_sweeps_no_rule_of_theirs_matches(make, small):
    plan = make(small)
    assert plan.sweeps.names == [] and plan.sweeps.copies == {}
    assert {plan.patterns[name] for name in ("sweep", "copied_data", "copied_run", "copied_oracles")} == {"(?!)"}
    plan.write_jobs()
    assert not Path("results/sweeps").exists()


def test_what_rows_share_is_copied_from_where_it_is_made_first(make, small):
    """Row a is the experiment's own model for seed 0; rows b and c share a model with another evaluation."""
    rows = [
        {"name": "a", "seed": 0},
        {"name": "b", "training.rate": 0.1},
        {"name": "c", "training.rate": 0.1, "evaluation.members": 3},
        {"name": "d", "data.viscosity": 0.02, "seed": 0},
    ]
    plan = make(small | {"sweeps": {"s": {"experiment": "tiny", "model": "wdno", "rows": rows}}})
    pde, data = "results/pde", "data/pde"
    assert plan.sweeps.copies == {
        **{f"{data}/tiny-s-{name}.zarr": f"{data}/tiny.zarr" for name in "abc"},
        f"{pde}/tiny-s-a/wdno/seed-0": f"{pde}/tiny/wdno/seed-0",
        **{f"{pde}/tiny-s-c/wdno/seed-{seed}": f"{pde}/tiny-s-b/wdno/seed-{seed}" for seed in (0, 1)},
    }
    assert all("tiny-s" not in run for run in (*plan.runs, *plan.trained)) and len(plan.datasets) == 5
    assert plan.sweeps.scores("s") == [
        f"{pde}/tiny-s-{name}/wdno/seed-{seed}/evaluation.json"
        for name, seeds in zip("abcd", ("0", "01", "01", "0"), strict=True)
        for seed in seeds
    ]


def test_two_trainings_that_begin_alike_are_not_one(make, taught):
    """Students of teachers that differ, and models of data that differ, share nothing though their own settings agree."""
    rows = [{"name": "other", "models.tiny.training.rate": 0.1}, {"name": "data", "data.train": 9}]
    sweeps = {"s": {"experiment": "pairs", "model": "fast", "rows": rows}}
    plan = make({"graphs": taught, "sweeps": sweeps})
    assert plan.sweeps.copies == {"data/graphs/pairs-s-other.zarr": "data/graphs/pairs.zarr"}


def test_oracles_and_the_pretrained_model_are_shared_by_rows_of_sequences(make, sequences):
    sweep = {"experiment": "dna", "model": "drakes", "product": {"alpha": [0.5], "seed": [0]}}
    plan = make({"sequences": sequences, "sweeps": {"s": sweep}})
    base, row = "results/sequences/dna", "results/sequences/dna-s-alpha_0p5"
    assert plan.sweeps.copies == {
        "data/sequences/dna-s-alpha_0p5.zarr": "data/sequences/dna.zarr",
        f"{row}/oracles/seed-0": f"{base}/oracles/seed-0",
        f"{row}/pretrained/seed-0": f"{base}/pretrained/seed-0",
    }
    assert plan.sweeps.patterns["copied_oracles"] == r"sequences/dna\-s\-alpha_0p5/oracles/seed\-0"


def test_the_job_of_a_table_says_where_each_row_comes_from(make, sequences):
    sweep = {"experiment": "dna", "model": "drakes", "rows": [{"alpha": 0.5, "seed": 3}]}
    make({"sequences": sequences, "sweeps": {"s": sweep}}).write_jobs()
    (line,) = read_config(SweepJob, Path("results/sweeps/s.yaml")).lines
    assert (line.dataset, line.model, line.settings) == ("dna-s-alpha_0p5", "drakes", {"alpha": 0.5})
    (run,) = line.runs
    assert (run.row, run.seed) == ("mine.yaml: `sweeps.s`: row 1", 3)
    stages = ["prepare", "oracle", "oracle", "oracle", "train", "finetune", "sample", "score"]
    assert [stage.rule for stage in run.stages] == stages
    assert run.stages[5].log == "results/logs/sequences/dna-s-alpha_0p5/drakes/seed-3/finetune.log"
    assert run.stages[0].log == "results/logs/sequences/dna/prepare.log"


def test_rows_whose_data_cannot_be_had_are_left_to_the_table(make, era5):
    sweep = {"experiment": "era5_uk", "product": {"evaluation.windows": [2, 3], "seed": [0]}}
    plan = make(era5 | {"sweeps": {"s": sweep}})
    assert plan.sweeps.scores("s") == [] and len(plan.left_out) == 1
    assert all("is left out" in (line.left_out or "") for line in plan.sweeps.job("s").lines)


def test_a_faulty_sweep_ends_the_workflow_with_one_line(snakemake, write, small):
    small["sweeps"] = {"s": {"experiment": "tiny", "model": "wdno", "product": {"training.rate": [1, "fast"]}}}
    done = snakemake("--dry-run", "--configfile", str(write(small)))
    assert done.returncode == 2 and done.stderr.splitlines() == [
        "sciml: config.yaml: `sweeps.s`: row 2: `training.rate` should be a valid number, got 'fast'"
    ]


def test_a_row_without_a_file_of_its_own_is_said(make, small):
    small["sweeps"] = {"s": {"experiment": "tiny", "model": "wdno", "table": "none.tsv"}}
    with pytest.raises(InputError, match="none.tsv: no such file"):
        make(small)


@pytest.mark.slow
def test_a_row_that_fails_stops_no_other_and_is_named_in_the_table(snakemake, write, graphs, tmp_path):
    """A batch is larger than the training set; without that row the report is made, and nothing is trained anew."""
    graphs["pairs"].pop("comparison")
    rows = [{"training.rate": 0.1, "seed": 0}, {"training.rate": 0.1, "seed": 1}, {"training.batch": 9}]
    values = {"graphs": graphs, "sweeps": {"s": {"experiment": "pairs", "rows": rows}}}
    config = ("--configfile", str(write(values)))
    done = snakemake("--keep-going", *config)
    assert done.returncode == 1 and "s.tsv says which, and why" in done.stderr
    with (tmp_path / "results/sweeps/s.tsv").open() as file:
        good, bad = csv.DictReader(file, delimiter="\t")
    assert (good["training.rate"], good["seeds"], good["missing"]) == ("0.1", "0 1", "")
    assert float(good["mmd.mean.low"]) <= float(good["mmd.mean"]) <= float(good["mmd.mean.high"])
    assert (bad["training.batch"], bad["seeds"], bad["mmd.mean"]) == ("9", "", "")
    says = "seed 0: train did not end: sciml: `batch` must be at most the number of examples, 8, got 9 (results/logs/"
    assert bad["missing"].startswith(says) and not (tmp_path / "results/report.html").exists()

    values["sweeps"]["s"]["rows"] = rows[:2]
    write(values)
    done = snakemake("--keep-going", *config)
    assert done.returncode == 0, done.stderr
    assert "graph_train" not in done.stderr and "Sweep s" in (tmp_path / "results/report.html").read_text()
    found = json.loads((tmp_path / "results/sweeps/s.json").read_text())
    assert [line["missing"] for line in found["lines"]] == [""] and len(found["lines"][0]["runs"]) == 2
    again = snakemake("--dry-run", *config)
    assert "Nothing to be done" in again.stdout + again.stderr
