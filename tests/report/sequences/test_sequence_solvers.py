"""Quality against calls in the report: plots, table and sentence have the numbers of solvers.json."""

import json
from pathlib import Path
from typing import Any

import pytest

from sciml.io.errors import InputError
from sciml.report.curves import MARKERS
from sciml.report.grouping import group
from sciml.report.numbers import MINUS
from sciml.report.sequences.columns import three_decimals
from sciml.report.sequences.load import load_sequence_runs
from sciml.report.sequences.runs import SequenceDataset, ordered
from sciml.report.sequences.solver_curves import likelihood, likeness
from sciml.report.sequences.solvers import by_solver, fewest_calls, solver_table

from ..page import build
from .made import COUNT, Edit, evaluation, named, write_solvers

LABELS = [
    f"{solver}, {steps} steps" for solver, per in (("ancestral", 1), ("trapezoidal", 2)) for steps in (4 // per, 8 // per)
]


def read(runs: list[Path]) -> SequenceDataset:
    return ordered(group(load_sequence_runs(runs))[0])


def rows_of(file: Path) -> list[dict[str, Any]]:
    return list(json.loads(file.read_text())["rows"])


def lines(figure: Any) -> dict[str, tuple[list[float], list[float]]]:
    """Points of each labelled line of solvers."""
    return {
        str(line.get_label()): (list(line.get_xdata()), list(line.get_ydata()))
        for line in figure.axes[0].lines
        if line.get_marker() in MARKERS and not str(line.get_label()).startswith("_")
    }


def rings(figure: Any) -> list[tuple[float, float]]:
    """Calls and score of what the main table has."""
    found = [line for line in figure.axes[0].lines if line.get_markerfacecolor() == "none"]
    return [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in found]


def test_without_a_comparison_nothing_is_said(kept_sequence_runs: list[Path]) -> None:
    dataset = read(kept_sequence_runs)
    assert solver_table(dataset) is None and fewest_calls(dataset) is None


def test_a_line_for_each_solver_with_the_numbers_of_the_file(sequence_runs: list[Path]) -> None:
    run = named(sequence_runs, "pretrained")
    rows, written = rows_of(write_solvers(run)), evaluation(run)
    nats, likely = likelihood(read([run])), likeness(read([run]))
    for figure, entries in (
        (nats, [row["nll"] for row in rows]),
        (likely, [row["scores"]["motifs"]["pearson"] for row in rows]),
    ):
        found, (axes,) = lines(figure), figure.axes
        assert list(found) == ["ancestral", "trapezoidal"]
        bars = [[bar[:, 1].tolist() for bar in each.get_segments()] for each in axes.collections]
        for (calls, drawn), ends, expected in zip(found.values(), bars, (entries[:2], entries[2:]), strict=True):
            assert calls == pytest.approx([4, 8], rel=0.03) and drawn == [entry["value"] for entry in expected]
            assert ends == [entry["interval"] for entry in expected]
        (real,) = [line for line in axes.lines if line.get_label() == "real sequences"]
        assert real.get_ydata()[0] == pytest.approx(entries[0]["floor"]) and list(axes.get_xticks()) == [4, 8, 32]
    scores = written["scores"]
    assert rings(nats) == [(32, pytest.approx(-scores["typical_set"]["log_likelihood"]["value"] / 100))]
    assert rings(likely) == [(32, scores["motifs"]["pearson"]["value"])]


def test_what_does_not_compare_has_no_ring(sequence_runs: list[Path], edit: Edit) -> None:
    run = named(sequence_runs, "drakes_strong")
    file = write_solvers(run)
    assert rings(likelihood(read([run]))) == []  # its likelihood in the main table is under the pretrained model
    edit(file, lambda v: [row["scores"]["counts"].update(generated=60) for row in v["rows"]])
    figure = likeness(read([run]))
    assert rings(figure) == [] and list(figure.axes[0].get_xticks()) == [4, 8]


def test_without_motifs_words_are_compared(sequence_runs: list[Path]) -> None:
    run = named(sequence_runs, "pretrained")
    rows = rows_of(write_solvers(run, motifs=False))
    figure = likeness(read([run]))
    assert lines(figure)["trapezoidal"][1] == [row["scores"]["kmer_pearson"]["value"] for row in rows[2:]]
    assert figure.axes[0].get_ylabel() == "correlation of 3\N{NON-BREAKING HYPHEN}mers with test sequences"


def test_seeds_are_averaged_and_models_told_apart(sequence_runs: list[Path]) -> None:
    runs = [named(sequence_runs, "pretrained", 0), named(sequence_runs, "pretrained", 1), named(sequence_runs, "drakes", 0)]
    files = [rows_of(write_solvers(run, int(run.name[-1]))) for run in runs]
    dataset = read(runs)
    found = lines(likelihood(dataset))
    assert list(found) == [f"{m}, {s}" for m in ("pretrained", "drakes") for s in ("ancestral", "trapezoidal")]
    mean = [(a["nll"]["value"] + b["nll"]["value"]) / 2 for a, b in zip(*files[:2], strict=True)]
    assert found["pretrained, ancestral"][1] == pytest.approx(mean[:2])
    assert [len(scores) for scores in by_solver(dataset.models[0])["trapezoidal"]] == [2, 2]


def test_table_and_sentence_are_in_the_page(sequence_runs: list[Path], tmp_path: Path) -> None:
    run = named(sequence_runs, "pretrained")
    rows = rows_of(write_solvers(run))
    page = build([run], tmp_path)
    _, lower, real, *table = next(rows for rows in page.tables if "sites a sequence" in rows[1])
    assert [line[:2] for line in table] == [["pretrained", label] for label in LABELS]
    assert real[0] == "real sequences" and real[lower.index("calls")] == ""
    for line, row in zip(table, rows, strict=True):
        cells = dict(zip(lower, line, strict=True))
        low, high = map(three_decimals, row["nll"]["interval"])
        assert cells["nats a letter"] == f"{three_decimals(row['nll']['value'])} {low} to\N{NO-BREAK SPACE}{high}"
        assert (cells["calls"], cells["CPU ms"], cells["sequences"]) == (str(row["nfe"]), "1.00", str(COUNT))
    assert f"{MINUS}log p" in page.text and "Quality against calls" in page.text
    assert sum(tag == "img" for tag, _ in page.tags) == 3 + 2
    text = str(fewest_calls(read([run])))
    assert text in page.text.replace("\n", " ")


def test_the_fewest_calls_within_the_interval_of_the_best(sequence_runs: list[Path], edit: Edit) -> None:
    run = named(sequence_runs, "pretrained")
    file = write_solvers(run)

    def put(*values: float) -> str:
        """Of ancestral, then trapezoidal, at 4 and 8 calls; test sequences have 1.3."""

        def change(v: dict[str, Any]) -> None:
            for row, value in zip(v["rows"], values, strict=True):
                row["nll"] |= {"value": value, "interval": [value - 0.01, value + 0.02], "floor": 1.3}

        edit(file, change)
        return str(fewest_calls(read([run])))

    start = "In nats a letter under the model itself, what pretrained makes comes nearest to test sequences (1.300) by "
    best = "8 network calls with ancestral (1.310), and "
    few = "4 network calls with trapezoidal (1.329) stay within the interval of that."
    assert put(1.4, 1.31, 1.329, 1.35) == start + best + few
    assert put(1.325, 1.31, 1.324, 1.35) == start + best + few.replace("1.329", "1.324")  # the better of both
    assert put(1.4, 1.31, 1.331, 1.35) == start + best + "fewer leave the interval of that."
    assert put(1.2, 1.31, 1.1, 1.35) == start + best + "fewer leave the interval of that."  # too likely is no better
    assert put(1.305, 1.31, 1.4, 1.4).endswith("by 4 network calls with ancestral (1.305), the fewest that were tried.")


@pytest.mark.parametrize("key", ["solver", "nfe", "nll", "scores", "seconds_per_sequence"])
def test_a_key_that_is_missing_is_named(sequence_runs: list[Path], key: str, edit: Edit) -> None:
    run = named(sequence_runs, "pretrained")
    edit(write_solvers(run), lambda v: v["rows"][1].pop(key))
    with pytest.raises(InputError, match=rf"solvers.json: .*rows.*1.*{key}"):
        load_sequence_runs([run])
