"""The section as a reader's browser gets it: numbers are those of the files, what is unlike real sequences is marked."""

import base64
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from sciml.report.curves import MARKERS
from sciml.report.grouping import group
from sciml.report.numbers import MINUS, MISSING
from sciml.report.palette import assign
from sciml.report.sequences.columns import three_decimals, two_decimals
from sciml.report.sequences.curves import frontier
from sciml.report.sequences.load import load_sequence_runs
from sciml.report.sequences.runs import ordered

from ..page import Page, build
from .made import NAMED, Edit, evaluation, named

SPACE, ALPHA = "\N{NO-BREAK SPACE}", "\N{GREEK SMALL LETTER ALPHA}"
SOFT = f"soft {MINUS} hard"


@pytest.fixture(scope="module")
def page(kept_sequence_runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The report on all methods."""
    return build(kept_sequence_runs, tmp_path_factory.mktemp("page"))


def table(page: Page, *heads: str) -> list[dict[str, str]]:
    """Rows of the table that has these columns, by its lower heads; of equal heads the last."""
    found = next(rows for rows in page.tables if set(heads) <= set(rows[1]))
    return [dict(zip(found[1], row, strict=True)) for row in found[2:]]


def ranged(low: str, high: str) -> str:
    return f"{low} to{SPACE}{high}"


def test_rows_are_ordered_and_say_how(page: Page) -> None:
    assert [(row["method"], row["how"]) for row in table(page, "how")] == [
        ("real sequences", "median or mean"),
        ("pretrained", "pretrained"),
        ("drakes_free", f"fine-tuned, {ALPHA}{SPACE}0; stopped by its alarm"),
        ("drakes_strong", f"fine-tuned, {ALPHA}{SPACE}0.1"),
        ("drakes", f"fine-tuned, {ALPHA}{SPACE}0.3"),
        ("copies", f"SMC, 8 particles, {ALPHA}{SPACE}0.3"),
        ("best_of_n", "best of 4"),
    ]


def test_columns(page: Page) -> None:
    upper, lower = next(rows for rows in page.tables if "how" in rows[1])[:2]
    assert lower[2:6] == ["second", "third", "first", "activity"]
    assert upper[1:5] == ["Held-out oracles", "Seen oracle", "Truth", "Paths"]
    assert lower[6:] == [
        *(
            "KL, nats",
            "3\N{NON-BREAKING HYPHEN}mers",
            "motifs",
            "motifs",
            *NAMED,
            "z",
            "GC, %",
            "diversity",
            "unique",
            "novel",
        ),
        *(SOFT, "calls", "CPU ms"),
    ]


@pytest.mark.parametrize("method", ["drakes_strong", "best_of_n"])
def test_one_seed_has_its_interval(kept_sequence_runs: list[Path], page: Page, method: str) -> None:
    row = next(row for row in table(page, "how") if row["method"] == method)
    written = evaluation(named(kept_sequence_runs, method))
    scores = written["scores"]
    expected: dict[str, tuple[Any, Any]] = {
        **{"second": (scores["rewards"]["second"], two_decimals), "activity": (scores["rewards"]["true"], two_decimals)},
        **{"3\N{NON-BREAKING HYPHEN}mers": (scores["kmer_pearson"], three_decimals)},
        **{"motifs": (scores["motifs"]["spearman"], three_decimals)},
        **{"SPI1": (scores["motifs"]["named"]["SPI1"], two_decimals), "z": (scores["typical_set"]["z"], two_decimals)},
    }
    for head, (entry, text) in expected.items():
        assert row[head] == f"{text(entry['value'])} {ranged(*map(text, entry['interval']))}"
    assert row["unique"].startswith(f"{100 * scores['unique']['value']:.1f} ")
    assert (row["calls"], row["CPU ms"]) == (str(written["nfe"]), "2.00")
    if method == "best_of_n":
        assert (row["KL, nats"], row[SOFT]) == (MISSING, MISSING)
    else:
        entry = written["path_divergence"]
        assert row["KL, nats"] == f"{two_decimals(entry['value'])} {ranged(*map(two_decimals, entry['interval']))}"
        assert row[SOFT] == two_decimals(written["soft_hard_gap"])


def test_seeds_are_averaged(kept_sequence_runs: list[Path], page: Page) -> None:
    row = next(row for row in table(page, "how") if row["method"] == "drakes")
    a, b = (evaluation(named(kept_sequence_runs, "drakes", seed))["scores"]["rewards"]["third"]["value"] for seed in (0, 1))
    assert row["third"] == f"{two_decimals((a + b) / 2)} ±{SPACE}{two_decimals(abs(a - b) / 2**0.5)}"


def test_real_sequences_come_first_with_their_band(kept_sequence_runs: list[Path], page: Page) -> None:
    row, scores = table(page, "how")[0], [evaluation(run)["scores"] for run in kept_sequence_runs]
    mean = sum(each["rewards"]["second"]["floor"] for each in scores) / len(scores)
    low, high = (sum(each["verdicts"]["second"]["band"][end] for each in scores) / len(scores) for end in ("low", "high"))
    assert row["second"] == f"{two_decimals(mean)} {ranged(two_decimals(low), two_decimals(high))}"
    floors = [each["kmer_pearson"] for each in scores]
    mean, low, high = (
        sum(values) / len(scores)
        for values in zip(*((each["floor"], *each["floor_interval"]) for each in floors), strict=True)
    )
    assert (
        row["3\N{NON-BREAKING HYPHEN}mers"] == f"{three_decimals(mean)} {ranged(three_decimals(low), three_decimals(high))}"
    )
    assert row["KL, nats"] == row["calls"] == row[SOFT] == ""


def test_what_is_outside_the_band_is_marked(kept_sequence_runs: list[Path], page: Page) -> None:
    verdicts = {run.parent.name: evaluation(run)["scores"]["verdicts"] for run in kept_sequence_runs if run.name == "seed-0"}
    heads = {"second": "second", "third": "third", "first": "first", "true": "activity", "log_likelihood": "z"}
    marks = 0
    for row in table(page, "how")[1:]:
        for name, head in heads.items():
            side = verdicts[row["method"]][name]["side"]
            assert row[head][0] == {"above": "▲", "below": "▼"}.get(side, row[head][0])
            assert (row[head][0] in "▲▼") == (side != "inside")
            marks += side != "inside"
    assert marks == 2
    assert sum(tag == "td" and attributes.get("class") == "above" for tag, attributes in page.tags) == 2
    assert sum(tag == "tr" and attributes.get("class") == "alarm" for tag, attributes in page.tags) == 1
    assert page.bold == []


def test_the_data_are_described(page: Page, kept_sequence_runs: list[Path]) -> None:
    nll = evaluation(named(kept_sequence_runs, "pretrained"))["nll"]["value"]
    assert (
        "Simulated DNA: 500 train, 400 test sequences of 100 letters of ACGT, simulated from a seed. The oracles predict "
        "activity. Each method made 120 sequences with ancestral, 32 steps, compared with 280 test sequences; 1 or 2 seeds "
        f"a method. Test sequences take the pretrained model {nll:.3f} nats a letter."
    ) in page.text.replace("\n", " ")
    assert not any(attributes.get("class") == "warnings" for _, attributes in page.tags)  # medians are marked instead


def test_oracles_have_a_table(kept_sequence_runs: list[Path], page: Page) -> None:
    rows = table(page, "role")
    assert [(row["oracle"], row["role"]) for row in rows] == [
        ("first", "seen by the optimiser"),
        ("second", "held out"),
        ("third", "held out"),
    ]
    oracle = load_sequence_runs([named(kept_sequence_runs, "pretrained")])[0].oracles[1]
    value = oracle.qualities["spearman"].value
    assert rows[1]["Spearman"] == f"{value:.3f} ±{SPACE}0.000"  # the same in both seeds
    assert (rows[1]["sequences"], rows[1]["parameters"], rows[1]["CPU s"]) == ("400", "1.23 k", "12.5")


def test_pictures_and_sequences_are_in_the_page(kept_sequence_runs: list[Path], page: Page) -> None:
    addresses = [str(attributes["src"]) for tag, attributes in page.tags if tag == "img"]
    heads = [address.partition(";")[0] for address in addresses]
    assert heads == ["data:image/svg+xml"] * (3 + 2) + ["data:image/png"] * 2
    for address in addresses[:5]:
        ET.fromstring(base64.b64decode(address.partition(",")[2], validate=True))
    assert not re.search(r"https?://|@import|url\(", page.file.read_text())
    shown = load_sequence_runs([named(kept_sequence_runs, "pretrained")])[0].examples
    assert len(shown.generated) == 8 and all(text in page.text for text in (*shown.generated, *shown.real))


def test_one_seed_of_one_model(sequence_runs: list[Path], tmp_path: Path) -> None:
    page = build([named(sequence_runs, "pretrained")], tmp_path)
    assert "Reward against divergence" not in page.text and "one seed a method" in page.text
    assert sum(tag == "img" for tag, _ in page.tags) == 3


def test_provenance(page: Page) -> None:
    rows = {row[0]: row for row in page.tables[-1] if len(row) > 3}
    head = rows["run"]
    for run, cpu in (("drakes/seed-1", "61.5"), ("best_of_n/seed-0", "0")):
        assert rows[f"sequences/motifs/{run}"][head.index("CPU s")] == cpu
    assert rows["sequences/motifs/copies/seed-0"][head.index("kind")] == "steered"
    assert "365 CPU-s" in page.text  # four trainings of seed 0 and two of seed 1, none counted for what is steered
    assert "Held-out oracles" in page.text and "Squared MMD" not in page.text


def test_the_frontier_has_a_point_for_each_seed(kept_sequence_runs: list[Path]) -> None:
    runs = load_sequence_runs(kept_sequence_runs)
    dataset = ordered(group(runs)[0])
    figure = frontier(dataset, "second", assign(run.model for run in runs))
    left, right = figure.axes
    points = [
        (line.get_marker(), line.get_xdata()[0], line.get_ydata()[0]) for line in left.lines if line.get_marker() in MARKERS
    ]
    expected = [
        (MARKERS[k], run.divergence.value if run.kind == "finetuned" else 0.0, run.reward("second").value)
        for k, model in enumerate(dataset.models[:4])
        for run in model.runs
    ]
    assert len(points) == 6 and points == expected
    beside = [line.get_ydata()[0] for line in right.lines if line.get_marker() == "_"]
    assert beside == [model.first.reward("second").value for model in dataset.models[4:]]
    assert [label.get_text() for label in right.get_xticklabels()] == ["copies", "best_of_n"]
    low = sum(run.score.verdicts["second"].low for run in runs) / len(runs)
    assert left.patches[0].get_y() == pytest.approx(low)


def test_same_files_same_bytes(kept_sequence_runs: list[Path], tmp_path: Path) -> None:
    runs = [named(kept_sequence_runs, name) for name in ("pretrained", "drakes", "copies")]
    first, second = (build(runs, tmp_path / name).file.read_bytes() for name in "ab")
    assert first == second


def test_scores_that_are_not_there_have_no_columns(sequence_runs: list[Path], tmp_path: Path, edit: Edit) -> None:
    runs = [named(sequence_runs, name) for name in ("pretrained", "drakes", "copies")]
    for run in runs:

        def drop(values: dict[str, Any]) -> None:
            for name in ("gc", "motifs", "typical_set"):
                del values["scores"][name]
            for kind in ("rewards", "verdicts"):
                values["scores"][kind] = {"second": values["scores"][kind]["second"]}

        edit(run / "evaluation.json", drop)
        edit(run / "examples.json", lambda values: values.update(logos=[]))
    page = build(runs, tmp_path)
    heads = list(table(page, "how")[0])
    assert heads[2:] == ["second", "KL, nats", "3\N{NON-BREAKING HYPHEN}mers", *heads[5:]] and heads[5] == "diversity"
    assert "Letters of sites" not in page.text


def test_text_from_files_is_escaped(sequence_runs: list[Path], tmp_path: Path, edit: Edit) -> None:
    run = named(sequence_runs, "drakes_free")
    edit(run / "evaluation.json", lambda values: values.update(alarm="<script>alert(1)</script>", model="<b>"))
    page = build([named(sequence_runs, "pretrained"), run], tmp_path)
    assert "The alarm stopped <b>, seed 0: <script>alert(1)</script>." in page.text
    assert not [tag for tag, _ in page.tags if tag == "script"]
