"""Reading runs on sequences: every fault is one line that names file and key."""

import re
from collections.abc import Callable
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sciml.io.errors import InputError
from sciml.report.build import build_report
from sciml.report.sequences.load import load_sequence_runs

from .made import COUNT, Edit, evaluation, named


def test_what_is_read_is_what_was_written(kept_sequence_runs: list[Path]) -> None:
    runs = {(run.model, run.seed): run for run in load_sequence_runs(kept_sequence_runs)}
    for path in kept_sequence_runs:
        written, run = evaluation(path), runs[path.parent.name, int(path.name[-1])]
        scores = written["scores"]
        assert run.reward("second").value == scores["rewards"]["second"]["value"]
        assert run.reward("second").floor_high == scores["rewards"]["second"]["floor_interval"][1]
        assert run.estimate("motifs.named.SPI1").low == scores["motifs"]["named"]["SPI1"]["interval"][0]
        assert run.estimate("typical_set.z").value == scores["typical_set"]["z"]["value"]
        assert isnan(run.estimate("poems").value)
        found = {name: (v.median, v.low, v.high, v.side) for name, v in run.score.verdicts.items()}
        assert found == {
            name: (v["median"], v["band"]["low"], v["band"]["high"], v["side"]) for name, v in scores["verdicts"].items()
        }
        assert run.score.counts["generated"] == COUNT and run.facts.length == 100
        assert [oracle.name for oracle in run.oracles] == ["first", "second", "third"]
        assert [logo.name for logo in run.examples.logos] == ["Spi1", "CEBPA"]


def test_what_is_steered_comes_from_the_pretrained_model_of_its_seed(kept_sequence_runs: list[Path]) -> None:
    runs = {(run.model, run.seed): run for run in load_sequence_runs(kept_sequence_runs)}
    steered, pretrained = runs["best_of_n", 0], runs["pretrained", 0]
    assert steered.manifest.started == pretrained.manifest.started
    assert steered.manifest.cpu_seconds == 0 and isnan(steered.manifest.steps) and not len(steered.training)
    assert steered.manifest.config["method"] == "best_of_n"
    assert pretrained.trained and not steered.trained
    assert isnan(steered.divergence.value) and isnan(steered.gap) and isnan(steered.alpha)


def test_what_is_steered_needs_it(kept_sequence_runs: list[Path]) -> None:
    with pytest.raises(
        InputError, match="evaluation.json: a steered run comes with .* none of `dataset` 'motifs' and `seed` 0"
    ):
        load_sequence_runs([named(kept_sequence_runs, "copies"), named(kept_sequence_runs, "pretrained", 1)])


def test_scores_that_are_not_there_are_missing(sequence_runs: list[Path], edit: Edit) -> None:
    run = named(sequence_runs, "pretrained")

    def drop(values: dict[str, Any]) -> None:
        for name in ("gc", "motifs", "typical_set", "nearest_training", "rewards"):
            del values["scores"][name]
        values["scores"]["kmer_pearson"] |= {"value": None, "interval": None}
        values["scores"]["verdicts"] = {}
        values |= {"label": None, "nll": None, "description": None}

    edit(run / "evaluation.json", drop)
    (found,) = load_sequence_runs([run])
    for name in ("gc", "motifs.pearson", "typical_set.z", "rewards.first", "kmer_pearson"):
        assert isnan(found.estimate(name).value)
    assert found.sound and found.label is None and isnan(found.nll.value)


def test_oracles_need_not_be_there(sequence_runs: list[Path]) -> None:
    for file in (sequence_runs[0].parents[1] / "oracles" / "seed-0").iterdir():
        file.unlink()
    (found,) = load_sequence_runs([named(sequence_runs, "pretrained")])
    assert found.oracles == ()


@pytest.mark.parametrize("file", ["evaluation.json", "examples.json", "manifest.json", "events.jsonl"])
def test_a_missing_file_is_named(sequence_runs: list[Path], tmp_path: Path, file: str) -> None:
    run = named(sequence_runs, "drakes")
    (run / file).unlink()
    with pytest.raises(InputError, match=re.escape(str(run / file)) + ".*cannot be read"):
        build_report([run], tmp_path / "r.html", title="", scale="", notes=[])


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("evaluation.json", lambda v: v.update(domain="poems"), "`domain` must be pde, graphs or sequences, got 'poems'"),
        (
            "evaluation.json",
            lambda v: v.update(kind="tuned"),
            "`kind` must be pretrained, student, finetuned or steered, got 'tuned'",
        ),
        ("evaluation.json", lambda v: v.pop("path_divergence"), "key `path_divergence` is missing"),
        ("evaluation.json", lambda v: v.update(alarm=None), "`alarm` must be a string"),
        ("evaluation.json", lambda v: v.update(settings=[]), "`settings` must be an object"),
        ("evaluation.json", lambda v: v["data"]["sequences"].pop("test"), "key `data.sequences.test` is missing"),
        ("evaluation.json", lambda v: v["scores"].pop("unique"), "key `scores.unique` is missing"),
        ("evaluation.json", lambda v: v["scores"]["counts"].pop("floor"), "key `scores.counts.floor` is missing"),
        ("evaluation.json", lambda v: v["scores"].update(warnings=[1]), "`scores.warnings` must be a list of texts"),
        (
            "evaluation.json",
            lambda v: v["scores"]["rewards"]["second"].update(interval=[1]),
            "`scores.rewards.second.interval` must be two numbers, got 1",
        ),
        (
            "evaluation.json",
            lambda v: v["scores"]["verdicts"]["third"].update(side="left"),
            "`scores.verdicts.third.side` must be below, inside or above, got 'left'",
        ),
        (
            "evaluation.json",
            lambda v: v["scores"]["verdicts"]["third"]["band"].pop("high"),
            "key `scores.verdicts.third.band.high` is missing",
        ),
        ("examples.json", lambda v: v.update(generated="ACGT"), "`generated` must be a list of texts, got 'ACGT'"),
        (
            "examples.json",
            lambda v: v["logos"][1]["real"]["counts"].pop(),
            r"`logos\[1\].real.counts` must be 4 rows of as many whole numbers",
        ),
        (
            "examples.json",
            lambda v: v["logos"][0]["generated"]["counts"][2].pop(),
            r"`logos\[0\].generated.counts` must be 4 rows of as many whole numbers",
        ),
        (
            "examples.json",
            lambda v: v["logos"][0]["generated"]["counts"].__setitem__(2, [-1] * 14),
            r"`logos\[0\].generated.counts` must be 4 rows of as many whole numbers",
        ),
    ],
)
def test_a_fault_is_one_line_with_file_and_key(
    sequence_runs: list[Path], tmp_path: Path, edit: Edit, file: str, change: Callable[[dict], Any], message: str
) -> None:
    run = named(sequence_runs, "drakes")
    edit(run / file, change)
    with pytest.raises(InputError, match=re.escape(str(run / file)) + ".*" + message) as caught:
        build_report([run], tmp_path / "r.html", title="", scale="", notes=[])
    assert "\n" not in str(caught.value)


def test_a_faulty_oracle_is_named(sequence_runs: list[Path], edit: Edit) -> None:
    file = sequence_runs[0].parents[1] / "oracles" / "seed-0" / "third.json"
    edit(file, lambda values: values["quality"]["spearman"].pop("value"))
    with pytest.raises(InputError, match=re.escape(str(file)) + ": key `quality.spearman.value` is missing"):
        load_sequence_runs([named(sequence_runs, "pretrained")])


def test_letters_are_counts_of_each_place(kept_sequence_runs: list[Path]) -> None:
    (run,) = load_sequence_runs([named(kept_sequence_runs, "drakes", 1), named(kept_sequence_runs, "pretrained", 1)])[:1]
    for logo in run.examples.logos:
        for found in (logo.generated, logo.real):
            np.testing.assert_array_equal(found.counts.sum(0), found.sites)
