"""Sections on graphs and molecules: numbers, intervals and floors, pictures, and errors that name file and key."""

import base64
import re
from collections.abc import Callable
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sciml.io.errors import InputError
from sciml.report.build import build_report
from sciml.report.graphs.columns import four_decimals, percent
from sciml.report.graphs.curves import _families
from sciml.report.graphs.drawings import layout, picture
from sciml.report.graphs.findings import findings
from sciml.report.graphs.load import load_graph_run
from sciml.report.graphs.runs import Estimate, Molecule, PlainGraph
from sciml.report.grouping import group
from sciml.report.numbers import MINUS, number

from .conftest import write_graph_run
from .page import Page, build

Edit = Callable[[Path, Callable[[dict[str, Any]], Any]], None]


@pytest.fixture(scope="module")
def page(graph_runs: list[Path], kept_runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The report on fields, graphs and molecules."""
    return build([*kept_runs[:1], *graph_runs], tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def graphs_page(graph_runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The report on graphs and molecules alone."""
    return build(graph_runs, tmp_path_factory.mktemp("page"))


def table(page: Page, head: str, occurrence: int = 0) -> list[list[str]]:
    """The rows of the table that has a column, each number on its own line of text."""
    return [found for found in page.tables if any(head in row for row in found[:2])][occurrence]


def test_both_domains_are_on_one_page(page: Page) -> None:
    anchors = [attributes["id"] for tag, attributes in page.tags if tag == "section"]
    assert anchors == ["burgers", "community", "qm9", "notes", "provenance", "scores-explained"]
    assert "CRPS" in page.text and "V.U.N." in page.text
    assert "PDE fields" in page.text and "Graphs and molecules" in page.text


def test_terms_of_the_other_domain_are_left_out(graphs_page: Page) -> None:
    assert "Spread / skill" not in graphs_page.text and "Squared MMD" in graphs_page.text


def test_what_the_data_are(page: Page) -> None:
    assert "A title: 1\N{NARROW NO-BREAK SPACE}234 train, 20 test graphs of 12 to 20 nodes" in page.text
    assert "10.0 % of the test graphs are isomorphic to training graphs." in page.text
    assert "molecules of 1 to 9 heavy atoms of C, N, from qm9.csv (sha256 cdcdcdcdcd" in page.text
    assert "2 of 20 reference graphs are isomorphic to training graphs: scores reward memory." in page.text
    assert "FCD of 64 molecules is biased upwards" in page.text


def test_one_seed_has_its_interval_and_several_their_deviation(page: Page) -> None:
    rows = {row[0]: row for row in table(page, "degree")[2:]}
    assert rows["gdss"][1:6] == ["DDIM, 20 steps", "21", "42.0", "0.0300 0.0240 to 0.0390", "0.0600 0.0480 to 0.0780"]
    mean, deviation = (0.01 + 0.011) / 2, 0.001 / 2**0.5
    assert rows["ours"][4] == f"{mean:.4f} ± {deviation:.4f}"
    assert rows["gdss"][9] == "98.4 93.4 to 100.0"


def test_the_floor_is_the_last_row(page: Page) -> None:
    floor = table(page, "degree")[-1]
    assert floor[0] == "training set"
    assert floor[4:9] == [f"{MINUS}0.0010"] * 5
    assert floor[9:14] == ["", "100.0", "", "", ""]
    assert table(page, "FCD")[-1][8:] == ["0.500", f"{MINUS}0.0004", "0.0100", "0.0900", "", ""]


def test_the_lower_distance_is_bold(graphs_page: Page) -> None:
    means = [0.0105 * size for size in (1, 2, 3, 0.5, 2)]
    assert [text for text in graphs_page.bold if text.startswith("0.0")] == [f"{mean:.4f}" for mean in means]


def test_published_numbers_stand_apart(page: Page) -> None:
    found = {row[0]: row[1:] for row in table(page, "degree", 2)[2:]}
    assert found["gdss"] == ["0.0330 ± 0.0100"] * 4 + ["0.0330"]
    assert found["training set"] == ["0.0190"] * 5
    nspdk = {row[0]: row[1:] for row in table(page, "all generated")[2:]}
    assert nspdk == {"ours": ["0.0130"], "training set": ["0.0091"]}
    assert "These estimates are biased" in page.text


def test_solvers_are_rows_and_seeds_are_averaged(page: Page) -> None:
    rows = table(page, "graphs", 0)[2:]
    assert [row[:3] for row in rows if row[0] == "ours"] == [
        ["ours", "DDIM, 4 steps", "5"],
        ["ours", "DDIM, 9 steps", "10"],
        ["ours", "Heun, 4 steps", "5"],
        ["ours", "Heun, 9 steps", "10"],
    ]
    mean, deviation = 0.0105 * 2.8, 0.001 * 2.8 / 2**0.5
    assert rows[0][5] == f"{mean:.4f} ± {deviation:.4f}"


def test_curves_join_a_solver_at_all_its_calls(graph_runs: list[Path]) -> None:
    gdss = group([load_graph_run(graph_runs[2])])[0].models[0]
    families = _families(gdss, "mean")
    assert {name: [calls for calls, _ in points] for name, points in families.items()} == {"DDIM": [5, 10], "Heun": [5, 10]}
    assert families["DDIM"][0][1].value == pytest.approx(0.06 * 2.8)
    ours = group([load_graph_run(run) for run in graph_runs[:2]])[0].models[0]
    estimate = _families(ours, "mean")["Heun"][1][1]
    deviation = 0.002 * 1.9 / 2**0.5
    assert (estimate.low, estimate.high) == pytest.approx((0.021 * 1.9 - deviation, 0.021 * 1.9 + deviation))


def test_provenance_has_a_table_for_each_domain(page: Page) -> None:
    heads = [found[0] for found in page.tables if found[0][0] == "run"]
    assert [("CRPS" in row, "V.U.N." in row, "connected %" in row) for row in heads] == [
        (True, False, False),
        (False, False, True),
    ]
    assert "graphs/qm9/ours/seed-0" in page.text


def test_findings_follow_from_the_numbers(graph_run: Path, edit: Edit) -> None:
    def say() -> str:
        return "\n".join(findings(group([load_graph_run(graph_run)])[0]))

    assert (
        "The mean squared MMD is 0.0600, that of training data, the floor, " + MINUS + "0.0010. That is above the floor"
        in say()
    )
    assert "gdss 98.4 % connected, 87.0 % valid, unique and novel" in say()
    assert "gdss needs 10 network calls" in say()
    edit(graph_run / "evaluation.json", lambda values: values["scores"]["mmd"]["mean"].update(interval=[-0.002, 0.004]))
    assert "That is the floor within their intervals" in say()
    edit(graph_run / "evaluation.json", lambda values: values["scores"]["mmd"]["mean"].update(interval=[None, None]))
    assert "That is" not in say()


def test_a_layout_is_the_same_each_time_and_keeps_parts_apart() -> None:
    graph = PlainGraph(6, ((0, 1), (1, 2), (2, 0), (3, 4)))
    places = layout(graph)
    assert np.array_equal(places, layout(graph))
    assert places[:3, 0].max() < places[3:5, 0].min() < places[5, 0]
    assert layout(PlainGraph(1, ())).shape == (1, 2)


def test_molecules_are_drawn_whatever_their_valences() -> None:
    def svg(*molecules: Molecule) -> str:
        return base64.b64decode(picture(molecules, "#000000").partition(",")[2]).decode()

    good, bad = Molecule("C1=CC=CN1", True), Molecule("FN(C)(C)(C)=C", False)
    assert svg(good) == svg(good)
    assert "class='legend" not in svg(good) and svg(good, bad).count("class='bond-0") > 1
    assert len(re.findall("class='legend", svg(bad))) > 0


def test_pictures_are_in_the_page(graphs_page: Page) -> None:
    addresses = [str(attributes["src"]) for tag, attributes in graphs_page.tags if tag == "img"]
    assert sum(address.startswith("data:image/svg+xml") for address in addresses) == 2
    assert len(addresses) == 3 + 3 + 2 + 3


@pytest.mark.parametrize("file", ["evaluation.json", "manifest.json", "examples.json", "events.jsonl"])
def test_a_missing_file_is_named(graph_run: Path, tmp_path: Path, file: str) -> None:
    (graph_run / file).unlink()
    with pytest.raises(InputError, match=re.escape(str(graph_run / file)) + ".*cannot be read"):
        build_report([graph_run], tmp_path / "r.html", title="", scale="", notes=[])


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("evaluation.json", lambda v: v.update(domain="poems"), "`domain` must be pde, graphs or sequences, got 'poems'"),
        ("evaluation.json", lambda v: v.pop("nfe"), "key `nfe` is missing"),
        ("evaluation.json", lambda v: v["data"]["graphs"].pop("test"), "key `data.graphs.test` is missing"),
        ("evaluation.json", lambda v: v["data"].update(nodes=[3]), "`data.nodes` must be two numbers, got 1"),
        ("evaluation.json", lambda v: v["data"].update(atoms="C"), "`data.atoms` must be a list of symbols, got 'C'"),
        ("evaluation.json", lambda v: v["scores"].pop("mmd"), "key `scores.mmd` is missing"),
        ("evaluation.json", lambda v: v["scores"]["mmd"]["orbit"].pop("value"), "key `scores.mmd.orbit.value` is missing"),
        (
            "evaluation.json",
            lambda v: v["scores"]["mmd"]["orbit"].update(interval=[1]),
            "`scores.mmd.orbit.interval` must be two",
        ),
        ("evaluation.json", lambda v: v["scores"]["shares"].pop("connected"), "key `scores.shares.connected` is missing"),
        ("evaluation.json", lambda v: v["scores"].update(warnings=[1]), "`scores.warnings` must be a list of texts"),
        ("solvers.json", lambda v: v["rows"][2].pop("solver"), r"key `rows\[2\].solver` is missing"),
        (
            "examples.json",
            lambda v: v["generated"][0].update(edges=[[0, 4]]),
            r"`generated\[0\].edges` must be pairs of nodes below 4",
        ),
        ("examples.json", lambda v: v["training"][0].update(edges=3), r"`training\[0\].edges` must be pairs"),
    ],
)
def test_a_fault_is_one_line_with_file_and_key(
    graph_run: Path, tmp_path: Path, edit: Edit, file: str, change: Callable[[dict], Any], message: str
) -> None:
    edit(graph_run / file, change)
    with pytest.raises(InputError, match=re.escape(str(graph_run / file)) + ".*" + message) as caught:
        build_report([graph_run], tmp_path / "r.html", title="", scale="", notes=[])
    assert "\n" not in str(caught.value)


def test_molecules_without_some_scores(molecule_run: Path, tmp_path: Path, edit: Edit) -> None:
    for file in ("evaluation.json", "solvers.json"):

        def drop(values: dict[str, Any]) -> None:
            for row in values.get("rows", [values]):
                row["scores"] = {key: value for key, value in row["scores"].items() if key not in ("fcd", "nspdk")}

        edit(molecule_run / file, drop)
    page = build([molecule_run], tmp_path)
    assert "FCD" not in page.tables[0][1]
    assert not any("NSPDK MMD, biased" in row for found in page.tables for row in found)
    edit(molecule_run / "examples.json", lambda values: values["generated"][0].pop("valid"))
    with pytest.raises(InputError, match=r"examples.json: key `generated\[0\].valid` is missing"):
        build([molecule_run], tmp_path)


def test_numbers_as_text() -> None:
    assert four_decimals(-0.00123) == f"{MINUS}0.0012" and percent(0.98765) == "98.8"
    assert not isnan(Estimate(1.0).value) and number(4.0) == "4.00"


@pytest.mark.parametrize(
    ("low", "floor_high", "at_floor"),
    [
        (0.04, float("nan"), True),  # without one for the floor, the score's own interval is to reach it
        (0.06, float("nan"), False),
        (0.06, 0.05, False),
        (0.06, 0.081, True),  # .04 and .031 make .0506, the score being .05 above
        (0.06, 0.079, False),  # .04 and .029 make .0494, although the intervals overlap
        (0.09, 0.11, True),
        (0.1, 0.05, False),
    ],
)
def test_a_score_is_at_the_floor_within_both_intervals(low: float, floor_high: float, at_floor: bool) -> None:
    assert Estimate(0.1, low, 0.2, floor=0.05, floor_high=floor_high).at_floor is at_floor


@pytest.fixture
def led_runs(molecule_run: Path, edit: Edit) -> list[Path]:
    """A model, and the same led to a value, of which fewer are like the test set's."""
    led = write_graph_run(molecule_run.parents[3], "led", dataset="qm9", error=0.001, molecules=True)
    reached = {"property": "logp", "asked": 2.24, "count": 64, "mean": 2.1, "deviation": 0.4, "mean_absolute_error": 0.3}
    reached |= {"test_mean": 0.33, "test_deviation": 0.95}
    edit(led / "evaluation.json", lambda values: values.update(steered=True, reached=reached))
    edit(led / "manifest.json", lambda values: values["config"].update(guide={"property": "logp"}))
    return [molecule_run, led]


def test_what_is_led_to_a_value_says_how_near_it_came_and_does_not_compete(led_runs: list[Path], tmp_path: Path) -> None:
    said = "\n".join(findings(group([load_graph_run(run) for run in led_runs])[0]))
    assert (
        "led was asked for log P 2.24 and made 2.10 ± 0.400, 0.300 from it on average; the test set has 0.330 ± 0.950"
        in said
    )
    assert "comes nearest" not in said and "The Fréchet ChemNet distance is 0.600" in said
    page = build(led_runs, tmp_path)
    assert "led was asked for log P 2.24" in page.text
    assert "Of led, led by a guide, training and parameters are the guide's." in page.text
    assert not page.bold  # its distances are the lowest, and nobody competes with the other


def test_where_all_are_led_they_compete(led_runs: list[Path], edit: Edit) -> None:
    edit(led_runs[0] / "evaluation.json", lambda values: values.update(steered=True, reached=None))
    said = "\n".join(findings(group([load_graph_run(run) for run in led_runs])[0]))
    assert "Of 2 models led comes nearest" in said
    edit(led_runs[1] / "evaluation.json", lambda values: values["reached"].pop("mean"))
    with pytest.raises(InputError, match="`reached.mean` is missing"):
        load_graph_run(led_runs[1])
