"""Sequences in tables: against pandas, and every way in which a table may be wrong."""

import math

import numpy as np
import pandas as pd
import pytest

from sciml.io.errors import InputError
from sciml.sequences.data.tables import Columns, read_table


def read(path, *columns, kind=None):
    return list(read_table(path, Columns(*columns), kind=kind or path.suffix))


@pytest.mark.parametrize(("ending", "separator"), [(".csv", ","), (".tsv", "\t")])
def test_equals_pandas(tmp_path, ending, separator):
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "note, with comma": ["a", 'quoted "b"', "c", "d"] * 5,
            "dna": ["".join(generator.choice(list("ACGT"), 6)) for _ in range(20)],
            "activity": generator.normal(size=20),
            "origin": [f"chr{k % 4}" for k in range(20)],
        }
    )
    frame.loc[3, "activity"] = np.nan
    path = tmp_path / f"a{ending}"
    frame.to_csv(path, sep=separator, index=False)
    rows = read(path, "dna", ("activity",), "origin")
    assert [row.text for row in rows] == list(frame["dna"]) and [row.line for row in rows] == list(range(2, 22))
    assert [row.chromosome for row in rows] == list(frame["origin"])
    np.testing.assert_array_equal([row.labels[0] for row in rows], frame["activity"])
    by_number = read(path, "2", ("3", "activity"))
    assert [row.text for row in by_number] == list(frame["dna"]) and by_number[0].chromosome is None
    assert by_number[0].labels == (frame["activity"][0],) * 2
    assert rows[4].place(2) == f"{path}: line 6, column 'dna', letter 3"


def test_quoted_cells_over_two_lines_keep_the_count(tmp_path):
    (tmp_path / "a.csv").write_text('note,sequence\n"over\ntwo",ACGT\n\nb,ACCT\n')
    rows = read(tmp_path / "a.csv", "sequence")
    assert [(row.line, row.text) for row in rows] == [(3, "ACGT"), (5, "ACCT")]


def test_bed_without_header(tmp_path):
    (tmp_path / "a.bed").write_text(
        'track name=x\n# made by hand\nchr1\t0\t4\tp"1\t5\t+\tACGT\n\n#\nchr2\t1\t5\tp2\t\t-\tACCT\n'
    )
    rows = read(tmp_path / "a.bed", "7", ("score", "start"))
    assert [(row.chromosome, row.text, row.line) for row in rows] == [("chr1", "ACGT", 3), ("chr2", "ACCT", 6)]
    assert rows[0].labels == (5.0, 0.0) and math.isnan(rows[1].labels[0])
    assert [row.chromosome for row in read(tmp_path / "a.bed", "7", (), "strand")] == ["+", "-"]


def test_bed_with_header(tmp_path):
    (tmp_path / "a.bed").write_text("#chr\tfrom\tto\tsequence\nchr1\t0\t4\tACGT\n")
    row = read(tmp_path / "a.bed", "sequence", ("from",))[0]
    assert (row.chromosome, row.text, row.labels) == ("chr1", "ACGT", (0.0,))


@pytest.mark.parametrize(
    ("content", "columns", "message"),
    [
        ("a,b\nAC,1\n", ("sequence",), r"a\.csv: no column 'sequence'; there are 'a', 'b'$"),
        ("a,b\nAC,1\n", ("3",), r"no column '3'; there are 'a', 'b'$"),
        ("a,b\nAC,1\n", ("a", ("c",)), r"no column 'c'; there are"),
        ("a,b\nAC,1\n", ("a", (), "chromosome"), r"no column 'chromosome'; there are"),
        ("a,a\nAC,1\n", ("a",), r"more than one column 'a'; there are 'a', 'a'"),
        ("\n", ("a",), r"no column 'a'; there are none"),
        ("a,b\nAC,1\n", ("a", ("b", "b")), r"a\.csv: `labels` must name each column once, got b, b"),
        ("a,b\nAC,1\nAC\n", ("a",), r"a\.csv: line 3: has 1 cells, expected 2 as in the header or first row"),
        ("a,b\nAC,1\nAC,2,3\n", ("a",), r"line 3: has 3 cells, expected 2"),
        ("a,b\nAC,1\nAC,high\n", ("a", ("b",)), r"line 3, column 'b': must be a finite number, .* got 'high'"),
        ("a,b\nAC,1\nAC,inf\n", ("a", ("b",)), r"line 3, column 'b': must be a finite number, .* got 'inf'"),
        ("a,b\nAC,nan\n", ("a", ("b",)), r"line 2, column 'b': must be a finite number, .* got 'nan'"),
        ("a,b\nAC,chr1\nAC, \n", ("a", (), "b"), r"line 3, column 'b': must name a chromosome, got nothing"),
        ('a,b\nAC,"1\n', ("a",), r"a\.csv: line 2: cannot be read as a table \(unexpected end of data\)"),
    ],
)
def test_tables_that_will_not_do(tmp_path, content, columns, message):
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(InputError, match=message):
        read(tmp_path / "a.csv", *columns)


def test_bed_of_another_width(tmp_path):
    (tmp_path / "a.bed").write_text("chr1\t0\t4\tACGT\nchr1\t0\t4\n")
    with pytest.raises(InputError, match=r"a\.bed: line 2: has 3 cells, expected 4"):
        read(tmp_path / "a.bed", "name")
    (tmp_path / "a.bed").write_text("# nothing\n")
    with pytest.raises(InputError, match=r"no column 'sequence'"):
        read(tmp_path / "a.bed", "sequence")
