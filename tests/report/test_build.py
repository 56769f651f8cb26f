"""The report as a reader's browser gets it: structure, self-containment, numbers, robustness."""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sciml.io.errors import InputError
from sciml.report import curves
from sciml.report.numbers import MISSING, TIMES, number

from .page import Page, build

Edit = Callable[[Path, Callable[[dict[str, Any]], Any]], None]


@pytest.fixture(scope="module")
def page(kept_runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The report of `kept_runs`."""
    return build(kept_runs, tmp_path_factory.mktemp("page"))


def evaluation(run: Path) -> dict[str, Any]:
    return dict(next(s for s in json.loads((run / "evaluation.json").read_text())["scores"] if s["main"]))


def test_one_file_that_needs_no_network(page: Page) -> None:
    assert [path.name for path in page.file.parent.iterdir()] == ["report.html"]
    assert not re.search(r"https?://|@import|url\(", page.file.read_text())
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe"}
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(images) == 2 + 5  # two windows, five plots
    for attributes in images:
        head, _, content = str(attributes["src"]).partition(",")
        assert head == "data:image/png;base64"
        assert base64.b64decode(content, validate=True).startswith(b"\x89PNG")
        assert attributes["alt"]


def test_header_and_notes(page: Page) -> None:
    text = page.text
    for expected in ("A title <1>", "smoke", "2026-10-03 09:30 UTC", "3f" * 20, "left out: ocean", "ab" * 32):
        assert expected in text
    assert "trained models differ in their number of seeds (wdno 3, unet_regression 2, fno 1)" in text
    assert "its CRPS is its MAE" in text


def test_every_number_is_that_of_the_files(kept_runs: list[Path], page: Page) -> None:
    rows = {row[0]: row[1:] for row in page.tables[0]}
    for run in (path for path in kept_runs if path.parent.name in ("fno", "persistence")):  # one seed: no averages
        found, manifest = evaluation(run), json.loads((run / "manifest.json").read_text())
        keys = ("mse", "mse", "mse", "mae", "relative_l2", "largest_error", "shock_mse", "mae")
        expected = [number(found[key]) for key in keys]
        expected += [MISSING, number(manifest["cpu_seconds"]), number(found["seconds_per_sample"])]
        expected.append("1.23 M" if manifest["parameters"] else MISSING)
        assert rows[run.parent.name] == expected


def test_seeds_are_averaged(kept_runs: list[Path], page: Page) -> None:
    rows = {row[0]: row[1:] for row in page.tables[0]}
    errors = [evaluation(run)["mse"] for run in kept_runs if run.parent.name == "wdno"]
    mean = sum(errors) / 3
    deviation = (sum((error - mean) ** 2 for error in errors) / 2) ** 0.5
    assert rows["wdno"][0] == f"{mean:.4f} ± {deviation:.4f}"
    assert rows["wdno"][7] == f"{0.36 * sum(e**0.5 for e in errors) / 3:.4f} ± 0.0018"


def test_the_best_of_each_score_is_bold(runs: list[Path], tmp_path: Path) -> None:
    page = build([run for run in runs if run.name == "seed-0"], tmp_path)
    regression, wdno = 0.08, 0.10
    best = [regression**2, regression**2, 0.58 * wdno**2, 0.61 * regression, regression / 1.3, 4 * regression]
    best += [9 * regression**2, 0.36 * wdno]  # one model has spread, so none is best; costs are not ranked
    assert sorted(page.bold) == sorted(number(value) for value in best)


def test_solvers_are_compared(page: Page) -> None:
    table = page.tables[1]
    assert [row[1:4] for row in table[1:4]] == [
        ["DDIM, 2 calls", "2", "8"],
        ["DDIM, 4 calls", "4", "8"],
        ["DDIM, 8 calls", "8", "8"],
    ]
    assert "DDIM, 10 calls (main table)" in [row[1] for row in table]
    assert [row[1] for row in table].count("auto, 2 calls: noise 3; not calibrated") == 1
    assert len(table) == 1 + 12
    distance = [cell.partition(" ")[0] for cell in table[0]].index("distance")
    assert [row[distance].partition(" ")[0] for row in table[1:4]] == ["0.150", "0.0750", "0.0375"]


def exact(folder: Path, **problems: Any) -> Path:
    found = {"5": {"error": 0.02, "solver": "unipc 3"}, "10": {"error": 0.004, "solver": "whitened 3"}}
    summary = {"ring, linear": {"sciml": found, "others": {"10": {"error": 0.003}}}} | problems
    (folder / "exact.json").write_text(json.dumps({"summary": summary}))
    (folder / "exact.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    return folder / "exact.json"


def test_solvers_on_exact_problems_are_shown(kept_runs: list[Path], tmp_path: Path) -> None:
    page = build(kept_runs, tmp_path, solvers=exact(tmp_path))
    (table,) = [
        table for table in page.tables if table[1][:2] == ["problem", "solvers"] or table[0][:2] == ["problem", "solvers"]
    ]
    assert [row for row in table if row[0] == "ring, linear"] == [
        ["ring, linear", "sciml", "0.0200", "0.00400"],
        ["ring, linear", "others", "", "0.00300"],
    ]
    assert {"0.0200", "0.00300"} <= set(page.bold)
    assert any(
        dict(attributes).get("src", "").startswith("data:image/svg+xml") for tag, attributes in page.tags if tag == "img"
    )


def test_a_faulty_benchmark_is_named(kept_runs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"exact\.json: `summary.bad` must be an object, got '3'"):
        build(kept_runs, tmp_path, solvers=exact(tmp_path, bad=3))
    file = exact(tmp_path)
    file.with_suffix(".svg").unlink()
    with pytest.raises(InputError, match=r"exact\.svg: cannot be read"):
        build(kept_runs, tmp_path, solvers=file)


def test_fields_in_two_dimensions(plane_runs: list[Path], tmp_path: Path) -> None:
    page = build(plane_runs, tmp_path)
    assert f"t2m (K) are predicted on a grid of 20 {TIMES} 24 points" in page.text
    assert "Test window 1, frame 1 of 16, time 0.1 h." in page.text
    assert "one sample K²" in page.tables[0][1]
    assert sum(tag == "img" for tag, _ in page.tags) == 2 * 3 + 5


def test_a_diverged_model_breaks_nothing(runs: list[Path], tmp_path: Path, edit: Edit) -> None:
    def spoil(values: dict[str, Any]) -> None:
        values["scores"][0] |= {"mse": float("inf"), "mae": 1e300, "crps": None, "mse_by_step": [1e300, float("nan")] * 8}

    fno = next(run for run in runs if run.parent.name == "fno")
    edit(fno / "evaluation.json", spoil)
    events = '{"event": "step", "step": 1, "loss": 1e308, "rate": 1, "cpu_seconds": 1}\n'
    (fno / "events.jsonl").write_text(events)
    page = build(runs, tmp_path)
    row = next(row for row in page.tables[0] if row[0] == "fno")
    assert row[1] == "∞"
    assert row[4] == f"1.00{TIMES}10³⁰⁰"
    assert "Without a finite mean square error, so compared with nothing: fno." in page.text


def test_same_files_same_bytes(run: Path, tmp_path: Path) -> None:
    build([run], tmp_path)
    first = (tmp_path / "out" / "report.html").read_bytes()
    build([run], tmp_path)
    assert (tmp_path / "out" / "report.html").read_bytes() == first


def test_text_from_files_is_escaped(run: Path, tmp_path: Path, edit: Edit) -> None:
    edit(run / "evaluation.json", lambda values: values.update(description="<script>alert(1)</script>"))
    page = build([run], tmp_path)
    assert "<script>alert(1)</script>" in page.text
    assert not [tag for tag, _ in page.tags if tag == "script"]


def test_needs_no_torch_and_touches_no_pyplot() -> None:
    code = "import sys, sciml.report.build; sys.exit('torch' in sys.modules or 'matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("label", "family"),
    [
        ("DDIM, 10 steps", "DDIM"),
        ("DDIM, 10 steps, eta 1", "DDIM, eta 1"),
        ("UniPC of order 2, 5 steps, log_snr grid", "UniPC of order 2, log_snr grid"),
        ("one call", "one call"),
    ],
)
def test_a_line_joins_one_solver_at_all_its_steps(label: str, family: str) -> None:
    assert curves.family(label) == family
