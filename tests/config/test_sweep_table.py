"""Rows of a sweep as they are written: in a file, in the configuration, as a product."""

import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sciml.config.base import parse
from sciml.config.sweep_settings import SweepConfig
from sciml.config.sweep_table import SweepTable, read_rows
from sciml.io.errors import InputError


def read(tmp_path: Path, text: str | bytes, name: str = "t.tsv") -> SweepTable:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_rows(SweepConfig(experiment="x", table=str(path)), "c.yaml: `sweeps.s`")


def test_lines_between_tabs_are_rows_and_empty_cells_are_left_out(tmp_path: Path) -> None:
    table = read(tmp_path, "# a comment\nrate\tseed\n\n0.1\t 3 \n#0.2\t4\n\t5\n")
    assert table.columns == ("rate", "seed") and table.text
    assert [row.cells for row in table.rows] == [{"rate": "0.1", "seed": "3"}, {"seed": "5"}]
    assert [row.where.removeprefix(str(tmp_path)) for row in table.rows] == [
        "/t.tsv: row 1 (line 4)",
        "/t.tsv: row 2 (line 6)",
    ]


def test_a_csv_has_commas_and_may_quote_them(tmp_path: Path) -> None:
    table = read(tmp_path, '\ufeffdilations,seed\n"[1, 2]",0\n', "t.csv")
    assert [row.cells for row in table.rows] == [{"dilations": "[1, 2]", "seed": "0"}]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"t.tsv: is empty; its first line must name the settings"),
        ("rate\tseed\n", r"t.tsv: a sweep needs at least one row, got none"),
        ("rate\tseed\n1\t2\n1\n", r"t.tsv: row 2 \(line 3\) must have 2 cells between tabs as the head has, got 1"),
        ("rate\tseed\n1\t2\t3\n", r"t.tsv: row 1 \(line 2\) must have 2 cells between tabs as the head has, got 3"),
        ("rate\trate\n1\t2\n", r"t.tsv: column `rate` is there twice"),
        ("rate\t\n1\t2\n", r"t.tsv: column 2 has no name in the first line"),
        ("rate\tseed\n1\t\n", r"t.tsv: column `seed` is empty in every row"),
        (b"rate\n\xff\n", r"t.tsv: cannot be read: 'utf-8' codec"),
    ],
)
def test_a_faulty_table_is_one_line(tmp_path: Path, text: str | bytes, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_a_table_that_is_not_there_or_a_folder_is_said(tmp_path: Path) -> None:
    for name, says in (("no.tsv", "no such file"), ("", "cannot be read")):
        with pytest.raises(InputError, match=says):
            read_rows(SweepConfig(experiment="x", table=str(tmp_path / name)), "c")


def test_what_is_no_path_is_said() -> None:
    with pytest.raises(InputError, match=r"^c.yaml: `sweeps.s`: `table` must be the path of a file, got 'a\\x00b'"):
        read_rows(SweepConfig(experiment="x", table="a\0b"), "c.yaml: `sweeps.s`")


def test_a_product_has_every_combination_once() -> None:
    values = {"a": (1, 2, 3), "b": ("x", "y"), "seed": (0, 1)}
    table = read_rows(SweepConfig(experiment="x", product=values), "c: `sweeps.s`")
    assert not table.text and len(table.rows) == 12
    assert [tuple(row.cells.values()) for row in table.rows] == list(itertools.product(*values.values()))
    assert [row.where for row in table.rows][::11] == ["c: `sweeps.s`: row 1", "c: `sweeps.s`: row 12"]


def test_rows_of_the_configuration_may_have_different_columns() -> None:
    table = read_rows(SweepConfig(experiment="x", rows=({"a": 1}, {"b": 2, "a": 3})), "c")
    assert table.columns == ("a", "b") and [row.cells for row in table.rows] == [{"a": 1}, {"b": 2, "a": 3}]


@pytest.mark.parametrize("rows", [{"rows": ()}, {"product": {}}])
def test_no_rows_are_refused(rows: dict) -> None:
    with pytest.raises(InputError, match="c: a sweep needs at least one row, got none"):
        read_rows(SweepConfig(experiment="x", **rows), "c")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "exactly one of `table`, `rows` and `product` must be set, got none"),
        ({"table": "a", "rows": [{"seed": 1}]}, "exactly one of .*, got table and rows"),
        ({"product": {"seed": []}}, "`product.seed` should have at least 1 item"),
        ({"product": {"seed": 1}}, "`product.seed` should be a valid tuple, got 1"),
        ({"tabel": "a"}, "`tabel` is not a known setting; did you mean `table`"),
    ],
)
def test_a_sweep_has_one_source_of_rows(given: dict, says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse(SweepConfig, {"experiment": "x", **given}, "c")


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    text=st.binary(max_size=60) | st.text('ab\t\n\r,"#\0', max_size=40).map(str.encode),
    name=st.sampled_from(["t.tsv", "t.csv"]),
)
def test_any_bytes_are_a_table_or_refused_in_one_line(tmp_path: Path, text: bytes, name: str) -> None:
    try:
        table = read(tmp_path, text, name)
    except InputError:
        return
    assert table.rows and all(set(row.cells) <= set(table.columns) for row in table.rows)
