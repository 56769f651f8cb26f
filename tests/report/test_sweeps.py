"""The table of a sweep: numbers of each domain, means with their interval, and why a row is missing."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from sciml.config.sweep_settings import StageConfig, SweepJob, SweepLineConfig, SweepRunConfig
from sciml.io.errors import InputError
from sciml.report.sweeps.lines import mean_interval
from sciml.report.sweeps.scores import read_scores, why_missing
from sciml.report.sweeps.section import sweep_section
from sciml.report.sweeps.write import write_sweep

FIELDS = {
    "seed": 3,
    "scores": [{"main": False, "mse": 9}, {"main": True, "mse": 0.5, "crps": None, "windows": 4, "by": [1]}],
}
GRAPHS = {
    **{"domain": "graphs", "seed": 3, "count": 32, "nfe": 5, "seconds_per_graph": 0.25, "data": {"graphs": {"train": 64}}},
    "scores": {
        "counts": {"generated": 32},
        "mmd": {"mean": {"value": 0.25, "floor": 0.0, "published_protocol": {"mean": 0.5}}},
        "shares": {"valid": {"value": 1, "interval": [0, 1]}},
    },
    "reached": {"property": "logp", "mean_absolute_error": 0.125, "mean": 3.0},
}
SEQUENCES = {
    **{
        "domain": "sequences",
        "seed": 3,
        "alpha": 0.1,
        "soft_hard_gap": 0.5,
        "nll": {"value": 1.5},
        "count": 8,
        "settings": {},
    },
    "path_divergence": None,
    "scores": {"rewards": {"first": {"value": 2.0}}, "motifs": {"named": {"SPI1": {"value": 0.75}}}, "warnings": ["few"]},
}


@pytest.mark.parametrize(
    ("evaluation", "scores"),
    [
        (FIELDS, {"mse": 0.5}),
        (
            GRAPHS,
            {
                **{"mmd.mean": 0.25, "shares.valid": 1.0, "reached.mean_absolute_error": 0.125},
                **{"nfe": 5.0, "seconds_per_graph": 0.25},
            },
        ),
        (SEQUENCES, {"rewards.first": 2.0, "motifs.named.SPI1": 0.75, "nll": 1.5, "soft_hard_gap": 0.5}),
    ],
)
def test_scores_of_each_domain_are_found_by_name(tmp_path: Path, evaluation: dict, scores: dict) -> None:
    (tmp_path / "evaluation.json").write_text(json.dumps(evaluation))
    assert list(read_scores(tmp_path / "evaluation.json").items()) == list(scores.items())


def test_the_interval_is_that_of_students_t() -> None:
    values = np.random.default_rng(0).normal(size=5)
    found = mean_interval(values.tolist())
    low, high = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
    np.testing.assert_allclose([found.mean - found.half, found.mean + found.half], [low, high], rtol=1e-12)
    assert mean_interval([2.0]).mean == 2.0 and np.isnan(mean_interval([2.0]).half) and np.isnan(mean_interval([]).mean)
    assert np.isnan(mean_interval([1.0, float("nan")]).mean)


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SweepJob:
    """Three lines: two seeds done; one of two done and the other failed; none, whose data cannot be had."""
    monkeypatch.chdir(tmp_path)
    done = {("a", 0): 1.0, ("a", 1): 3.0, ("b", 0): 1.5}
    for (name, seed), mse in done.items():
        Path(name, str(seed)).mkdir(parents=True)
        scores = [{"main": True, "mse": mse, "crps": mse / 2, "members": 4}]
        Path(name, str(seed), "evaluation.json").write_text(json.dumps({"scores": scores}))
    Path("b/1").mkdir()
    Path("b/1/train.log").write_text("step 1\n\rtraining 3%\nsciml: the loss is nan\tat step 7\n\n")

    def run(name: str, seed: int) -> SweepRunConfig:
        stages = (
            StageConfig(rule="prepare", makes="a", log="none"),
            StageConfig(rule="train", makes=f"{name}/{seed}/model", log=f"{name}/{seed}/train.log"),
        )
        return SweepRunConfig(row=f"row {name}{seed}", seed=seed, directory=f"{name}/{seed}", stages=stages)

    def line(name: str, rate: float, left_out: str | None = None) -> SweepLineConfig:
        runs = (run(name, 0), run(name, 1))
        settings = {"training.rate": rate, "net.kind": "unet"} if rate < 1 else {"training.rate": rate}
        return SweepLineConfig(settings=settings, dataset=f"d-{name}", model="m", runs=runs, left_out=left_out)

    lines = (line("a", 0.1), line("b", 0.2), line("c", 1.0, "Data set d is left out: no file."))
    return SweepJob(sweep="s", domain="pde", experiment="d", columns=("training.rate", "net.kind"), lines=lines)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_a_line_has_settings_scores_and_their_interval(job: SweepJob, tmp_path: Path) -> None:
    write_sweep(job, tmp_path / "s.tsv", tmp_path / "s.runs.tsv", tmp_path / "s.json")
    first, second, third = rows(tmp_path / "s.tsv")
    half = stats.t.ppf(0.975, 1) * np.sqrt(2) / np.sqrt(2)  # of 1 and 3, whose deviation is the root of 2
    assert (first["training.rate"], first["net.kind"], first["model"], first["experiment"]) == ("0.1", "unet", "m", "d-a")
    assert (first["seeds"], first["mse"], first["missing"]) == ("0 1", "2", "")
    assert [float(first[f"mse.{end}"]) for end in ("low", "high")] == pytest.approx([2 - half, 2 + half], rel=1e-5)
    assert float(first["crps"]) == 1.0
    assert (second["seeds"], second["mse"], second["mse.low"]) == ("0", "1.5", "")
    assert second["missing"] == "seed 1: train did not end: sciml: the loss is nan at step 7 (b/1/train.log)"
    assert (third["net.kind"], third["seeds"], third["mse"]) == ("", "", "")
    assert third["missing"] == "seed 0, 1: Data set d is left out: no file."


def test_runs_have_a_line_each(job: SweepJob, tmp_path: Path) -> None:
    write_sweep(job, tmp_path / "s.tsv", tmp_path / "s.runs.tsv", None)
    found = rows(tmp_path / "s.runs.tsv")
    assert [(row["seed"], row["directory"], row["mse"]) for row in found[:4]] == [
        ("0", "a/0", "1"),
        ("1", "a/1", "3"),
        ("0", "b/0", "1.5"),
        ("1", "b/1", ""),
    ]
    assert len(found) == 6 and not (tmp_path / "s.json").exists()


def test_the_record_holds_everything(job: SweepJob, tmp_path: Path) -> None:
    write_sweep(job, tmp_path / "s.tsv", None, tmp_path / "s.json")
    found = json.loads((tmp_path / "s.json").read_text())
    assert (found["sweep"], found["columns"], found["scores"]) == ("s", ["training.rate", "net.kind"], ["mse", "crps"])
    assert found["lines"][1]["scores"]["mse"] == {"mean": 1.5, "low": None, "high": None}
    assert found["lines"][0]["runs"][1] == {
        **{"row": "row a1", "seed": 1, "directory": "a/1", "missing": ""},
        "scores": {"mse": 3.0, "crps": 1.5},
    }


def test_of_one_seed_each_there_are_no_columns_of_intervals(job: SweepJob, tmp_path: Path) -> None:
    single = job.model_copy(update={"lines": tuple(line.model_copy(update={"runs": line.runs[:1]}) for line in job.lines)})
    write_sweep(single, tmp_path / "s.tsv", None, None)
    assert list(rows(tmp_path / "s.tsv")[0])[-3:] == ["mse", "crps", "missing"]


def test_a_damaged_score_is_a_reason_and_not_a_number(job: SweepJob, tmp_path: Path) -> None:
    Path("a/0/evaluation.json").write_text('{"scores": [{"main": tr')
    write_sweep(job, tmp_path / "s.tsv", None, None)
    first = rows(tmp_path / "s.tsv")[0]
    assert first["seeds"] == "1" and first["missing"].startswith("seed 0: a/0/evaluation.json: is not JSON")


def test_the_first_stage_without_a_result_is_named(tmp_path: Path) -> None:
    def missing(*made: str, log: str | None = None) -> str:
        folder = tmp_path / "-".join((*made, str(log is None), str(log)[:1], "x"))
        folder.mkdir()
        for name in made:
            (folder / name).touch()
        if log is not None:
            (folder / "score.log").write_text(log)
        stages = tuple(StageConfig(rule=r, makes=str(folder / r), log=str(folder / f"{r}.log")) for r in ("train", "score"))
        return why_missing(SweepRunConfig(row="r", seed=0, directory="d", stages=stages)).replace(str(folder), "F")

    assert missing() == "train did not begin"
    assert missing("train") == "score did not begin"
    assert missing("train", log="") == "score did not end: it said nothing (F/score.log)"
    assert missing("train", log="a\nKilled\n") == "score did not end: Killed (F/score.log)"
    said = missing("train", log="sciml: stopped by SIGTERM: run again\ncache_misses: 0\n")
    assert said == "score did not end: sciml: stopped by SIGTERM: run again (F/score.log)"
    assert len(missing("train", log="x" * 9000)) < 400
    assert missing("train", "score") == "d/evaluation.json is not there"


def test_the_section_marks_the_best_and_lists_what_is_missing(job: SweepJob, tmp_path: Path) -> None:
    write_sweep(job, tmp_path / "s.tsv", None, tmp_path / "s.json")
    section = sweep_section(tmp_path / "s.json")
    assert (section.name, section.columns, section.seeds) == ("s", ("training.rate", "net.kind"), 2)
    assert [header.label for header in section.table.headers] == ["mse", "crps"]
    first, second, third = section.table.rows
    assert first.names == ("0.1", "unet") and third.names == ("1.0", "as it is")
    assert [(cell.text, cell.deviation, cell.best) for cell in first.cells] == [
        ("2.00", "± 12.71", False),
        ("1.00", "± 6.35", False),
    ]
    assert [cell.best for cell in second.cells] == [True, True]
    assert [text.partition(":")[0] for text in section.missing] == ["0.2, unet", "1.0, as it is"]


def test_a_faulty_record_names_file_and_key(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps({"sweep": "s", "scores": [], "columns": [], "lines": [3]}))
    with pytest.raises(InputError, match="s.json: `lines` must be a list of objects"):
        sweep_section(tmp_path / "s.json")
