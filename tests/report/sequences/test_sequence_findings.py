"""Sentences follow from the numbers: gains, hacked rewards, alarms, copies, oracles that know little."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sciml.report.grouping import group
from sciml.report.sequences.columns import percent, three_decimals, two_decimals
from sciml.report.sequences.describe import describe, how, warnings
from sciml.report.sequences.doubts import doubts
from sciml.report.sequences.findings import findings
from sciml.report.sequences.load import load_sequence_runs
from sciml.report.sequences.runs import SequenceDataset, ordered

from .made import METHODS, Edit, evaluation, named

ALPHA, SPACE = "\N{GREEK SMALL LETTER ALPHA}", "\N{NO-BREAK SPACE}"


def dataset(runs: list[Path], *methods: str) -> SequenceDataset:
    """Of some methods, all seeds."""
    chosen = [run for run in runs if run.parent.name in (methods or METHODS)]
    return ordered(group(load_sequence_runs(chosen))[0])


def said(runs: list[Path], *methods: str) -> str:
    return "\n".join(findings(dataset(runs, *methods)))


def reward(run: Path, name: str) -> float:
    return float(evaluation(run)["scores"]["rewards"][name]["value"])


def test_the_best_of_those_that_stay_in_the_band(sequence_runs: list[Path], edit: Edit) -> None:
    strong = named(sequence_runs, "drakes_strong")
    before = sum(reward(named(sequence_runs, "pretrained", seed), "second") for seed in (0, 1)) / 2
    sentence = (
        "Of 6 methods 4 make new sequences that stay within the band of real ones by every oracle and by their likelihood. "
        "Among these drakes_strong has the highest median of the held-out second oracle: "
        f"{two_decimals(reward(strong, 'second'))}, beside {two_decimals(before)} of pretrained and "
    )
    assert sentence in said(sequence_runs)
    edit(strong / "evaluation.json", lambda v: v["scores"]["verdicts"]["third"].update(side="above"))
    assert "Of 6 methods 3 make" in said(sequence_runs) and "Among these best_of_n has" in said(sequence_runs)
    for run in sequence_runs:
        edit(run / "evaluation.json", lambda v: v["scores"]["verdicts"]["third"].update(side="below"))
    assert "No method makes new sequences within the band" in said(sequence_runs)


def test_without_a_held_out_oracle_that_is_said(sequence_runs: list[Path], edit: Edit) -> None:
    for run in sequence_runs:

        def keep(values: dict[str, Any]) -> None:
            for kind in ("rewards", "verdicts"):
                values["scores"][kind] = {"first": values["scores"][kind]["first"]}

        edit(run / "evaluation.json", keep)
    assert said(sequence_runs).startswith("No held-out oracle judged these sequences")


def test_the_truth_is_set_beside_the_oracle(sequence_runs: list[Path], edit: Edit) -> None:
    strong, best = (reward(named(sequence_runs, name), "true") for name in ("drakes_strong", "best_of_n"))
    text = "By the true activity, which no oracle was told, drakes_strong is highest of those that copy nothing, at "
    assert f"{text}{two_decimals(strong)}, beside " in said(
        sequence_runs
    ) and "so it is by the held-out second oracle." in said(sequence_runs)
    run = named(sequence_runs, "best_of_n")
    edit(run / "evaluation.json", lambda v: v["scores"]["rewards"]["second"].update(value=99.0))
    assert f"best_of_n, at {two_decimals(best)}, is by the held-out second oracle." in said(sequence_runs)


def test_a_hacked_reward_is_told_with_all_gains(kept_sequence_runs: list[Path]) -> None:
    runs, start = kept_sequence_runs, [named(kept_sequence_runs, "pretrained", seed) for seed in (0, 1)]
    hacked = named(runs, "drakes_free")

    def gain(name: str) -> str:
        bands = [evaluation(run)["scores"]["verdicts"][name]["band"] for run in (hacked, *start)]
        width = sum(band["high"] - band["low"] for band in bands) / 3
        return two_decimals((reward(hacked, name) - sum(reward(run, name) for run in start) / 2) / width)

    sentences = [text for text in doubts(dataset(runs)) if "may be hacked" in text]
    assert sentences == [
        "The gain of drakes_free is not confirmed: its reward may be hacked. Over pretrained, in widths of the band of real "
        "sequences, it gains "
        f"{gain('first')} by the seen oracle, {gain('second')} by the held-out second oracle, {gain('third')} by the "
        f"held-out third oracle, {gain('true')} by the true activity."
    ]


def test_what_is_outside_is_named(kept_sequence_runs: list[Path]) -> None:
    verdicts = evaluation(named(kept_sequence_runs, "drakes_free"))["scores"]["verdicts"]
    parts = [
        f"{title} above: {two_decimals(found['median'])}, real {two_decimals(found['band']['low'])} to "
        f"{two_decimals(found['band']['high'])}"
        for title, found in (("seen oracle", verdicts["first"]), ("log-likelihood", verdicts["log_likelihood"]))
    ]
    text = "Outside the band of real sequences, 1 to 99 %, so not to be taken at face value: drakes_free"
    assert f"{text} ({', '.join(parts)})." in doubts(dataset(kept_sequence_runs))


def test_of_several_seeds_those_outside_are_counted(sequence_runs: list[Path], edit: Edit) -> None:
    change: Callable[[dict[str, Any]], Any] = lambda v: v["scores"]["verdicts"]["second"].update(side="below")  # noqa: E731
    edit(named(sequence_runs, "drakes", 1) / "evaluation.json", change)
    assert "drakes (held-out second oracle below: " in said(sequence_runs) and " in 1 of 2 seeds)" in said(sequence_runs)


def test_alarms_are_told_and_shown(kept_sequence_runs: list[Path]) -> None:
    found = dataset(kept_sequence_runs, "pretrained", "drakes_free")
    alarm = evaluation(named(kept_sequence_runs, "drakes_free"))["alarm"]
    assert f"The alarm stopped drakes_free, seed 0: {alarm}. What is scored is the model before that." in doubts(found)
    assert how(found.models[1]) == f"fine-tuned, {ALPHA}{SPACE}0; stopped by its alarm"


def test_copies_are_told(kept_sequence_runs: list[Path]) -> None:
    scores = evaluation(named(kept_sequence_runs, "copies"))["scores"]
    text = said(kept_sequence_runs)
    unique = percent(scores["unique"]["value"])
    assert float(unique) < 50 and f"Some sequences were made more than once; unique are: copies {unique} %." in text
    assert "Memorised: not in the training set are only copies 0.0 %; of real ones 100.0 %." in text
    assert "letters unlike the nearest: copies 0.0 %; real " in text
    same = percent(evaluation(named(kept_sequence_runs, "drakes_free"))["scores"]["diversity"]["value"])
    assert f"letters at which two of them differ: drakes_free {same} %; of real ones 75.0 %." in text
    assert not {"Memorised", "more than once"} & set(said(kept_sequence_runs, "pretrained", "drakes").split())


def test_of_few_possible_sequences_none_is_a_copy(sequence_runs: list[Path], edit: Edit) -> None:
    edit(named(sequence_runs, "copies") / "evaluation.json", lambda v: v["data"].update(length=6))
    text = said(sequence_runs)
    assert "Memorised" not in text and "more than once" not in text and "unlike the nearest" not in text
    assert "Of 6 methods 5 make new sequences" in text


def test_rollouts_that_are_better_than_samples(sequence_runs: list[Path], edit: Edit) -> None:
    run = named(sequence_runs, "drakes_strong")
    band = evaluation(run)["scores"]["verdicts"]["first"]["band"]
    for share, told in ((0.09, False), (0.11, True)):
        gap = share * (band["high"] - band["low"])
        edit(run / "evaluation.json", lambda v, gap=gap: v.update(soft_hard_gap=gap))
        text = f"drakes_strong, seed 0: the rewards of rollouts, as the optimiser sees them, are {two_decimals(gap)} higher"
        assert (text in said(sequence_runs)) == told


def test_the_frontier_over_alpha(sequence_runs: list[Path], edit: Edit) -> None:
    def set_to(method: str, seed: int, divergence: float, second: float) -> None:
        def change(values: dict[str, Any]) -> None:
            values["path_divergence"]["value"] = divergence
            values["scores"]["rewards"]["second"]["value"] = second

        edit(named(sequence_runs, method, seed) / "evaluation.json", change)

    for seed, divergence in ((0, 3.0), (1, 5.0)):
        set_to("drakes", seed, divergence, 1.0)
    set_to("drakes_strong", 0, 9.0, 2.0)
    assert f"From {ALPHA} 0.3 to 0.1 the" in said(sequence_runs)  # not to 0: there the alarm rang
    edit(named(sequence_runs, "drakes_free") / "evaluation.json", lambda v: v.update(alarm=""))
    set_to("drakes_free", 0, 100.0, 1.5)
    assert (
        f"From {ALPHA} 0.3 to 0 the divergence goes from 4.00 to 100 nats, and the median of the held-out second oracle "
        "from 1.00 to 1.50, not rising all the way."
    ) in said(sequence_runs)
    edit(named(sequence_runs, "drakes_free") / "evaluation.json", lambda v: v["settings"].update(target=10.0))
    assert f"From {ALPHA} 0.3 to 0.1 the divergence goes from 4.00 to 9.00 nats, and" in said(sequence_runs)
    assert how(dataset(sequence_runs).models[1]).startswith(f"fine-tuned, {ALPHA}{SPACE}0 for 10 nats")
    assert f"From {ALPHA}" not in said(sequence_runs, "pretrained", "drakes")


def test_oracles_that_predict_poorly_are_named(sequence_runs: list[Path], edit: Edit) -> None:
    folder = sequence_runs[0].parents[1] / "oracles"
    runs = dataset(sequence_runs)
    values = [runs.first.oracles[k].qualities["spearman"].value for k in range(3)]
    parts = [
        f"{name} {three_decimals(value)} (Spearman)"
        for name, value in zip(("first", "second", "third"), values, strict=True)
    ]
    assert f"On the half of the data that an oracle did not learn from: {'; '.join(parts)}." in said(sequence_runs)
    assert "predict poorly" not in said(sequence_runs)
    interval = [0.8, 0.9]
    quality = {"auc": {"value": 0.85, "interval": interval}, "positives": 20, "negatives": 30}
    quality["auc_shuffles"] = {"value": 0.95, "interval": interval}
    for seed in (0, 1):
        edit(folder / f"seed-{seed}" / "third.json", lambda v: v.update(quality=quality))
    assert "third 0.850 (AUC of classes), 0.950 (AUC against shuffles)." in said(sequence_runs)
    assert "Oracles that predict poorly, so that what they say means little: third." in said(sequence_runs)
    for file in folder.glob("*/*.json"):
        file.unlink()
    assert "How well the oracles predict sequences that they did not learn from is not known." in said(sequence_runs)


def test_words_calls_and_seeds(sequence_runs: list[Path], edit: Edit) -> None:
    text = said(sequence_runs)
    assert "A sequence takes 32 network calls with pretrained, 128 with copies." in text
    assert "Where a method was run with one seed" in text
    assert "Where a method was run with one seed" not in said(sequence_runs, "pretrained", "drakes")
    assert "network calls" not in said(sequence_runs, "pretrained", "drakes")
    for run in sequence_runs:
        low = run.parent.name not in ("drakes", "copies")
        ends = {"floor": 0.97, "interval": [0.8, 0.96] if low else [0.8, 0.98]}
        edit(run / "evaluation.json", lambda v, ends=ends: v["scores"]["kmer_pearson"].update(ends))
    assert "with a correlation of 0.970; drakes, copies reach this within the interval." in said(sequence_runs)
    assert "copies reaches this" in said(sequence_runs, "pretrained", "copies")
    assert "no method reaches this" in said(sequence_runs, "pretrained", "best_of_n")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"method": "none", "particles": 8, "alpha": 0.3, "label": None, "weight": 1.0}, "sampled as it is"),
        ({"method": "look_ahead", "alpha": 0.25}, f"look-ahead guidance, {ALPHA}{SPACE}0.25"),
        ({"method": "classifier_free", "label": 1, "weight": 2.0}, "classifier-free guidance to class 1, weight 2"),
        ({"method": "tds", "particles": 16, "alpha": 1.0}, f"TDS, 16 particles, {ALPHA}{SPACE}1"),
        ({"method": "svdd", "alpha": 1.0}, f"SVDD, \N{EN DASH} candidates, {ALPHA}{SPACE}1"),
        ({"method": "my own"}, "my own"),
        ({}, ""),
    ],
)
def test_how_samples_were_steered(sequence_runs: list[Path], edit: Edit, settings: dict[str, Any], words: str) -> None:
    edit(named(sequence_runs, "best_of_n") / "evaluation.json", lambda values: values.update(settings=settings))
    assert how(dataset(sequence_runs, "pretrained", "best_of_n").models[1]) == words


def test_warnings_are_said_once_without_medians(sequence_runs: list[Path], edit: Edit) -> None:
    for run in sequence_runs:
        own = ["one thing", "second: the median 3 lies above the band of real sequences, 1 to 2"]
        own += ["another"] * (run.parent.name == "drakes")
        edit(run / "evaluation.json", lambda v, own=own: v["scores"].update(warnings=own))
    assert warnings(dataset(sequence_runs)) == ["one thing.", "drakes: another."]


def test_files_of_origin_are_named(sequence_runs: list[Path], edit: Edit) -> None:
    run = named(sequence_runs, "pretrained")
    edit(run / "evaluation.json", lambda v: v["data"].update(source_sha256={"pu1.fa.gz": "cd" * 32}))
    assert "100 letters of ACGT, from pu1.fa.gz (sha256 cdcdcdcdcd\N{HORIZONTAL ELLIPSIS})." in describe(dataset([run]))
