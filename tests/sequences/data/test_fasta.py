"""FASTA: against Biopython's reader, and where each letter stands."""

import gzip

import numpy as np
import pytest
from Bio.SeqIO.FastaIO import SimpleFastaParser

from sciml.io.errors import InputError
from sciml.sequences.data.fasta import read_fasta


def written(generator, count):
    """Records whose sequences go over one to four lines, with empty lines and blanks here and there."""
    text = ""
    for number in range(count):
        text += f">chr{number % 3 + 1}:{number}-{number + 5} some words\n"
        for _ in range(generator.integers(1, 5)):
            line = "".join(generator.choice(list("ACGTacgtN"), generator.integers(1, 12)))
            text += line + ["\n", "  \n", "\n\n"][generator.integers(3)]
    return text


def test_equals_biopython(tmp_path):
    path = tmp_path / "a.fa"
    path.write_text(written(np.random.default_rng(0), 200))
    rows = list(read_fasta(path, chromosomes=True))
    with open(path) as file:
        expected = list(SimpleFastaParser(file))
    assert [row.text for row in rows] == [text for _, text in expected] and len(rows) == 200
    assert [row.chromosome for row in rows] == [title.split(":")[0] for title, _ in expected]
    lines = path.read_text().split("\n")
    for row in rows:
        assert lines[row.line - 1].startswith(">")
        for index, letter in enumerate(row.text):
            where, _, column = row.place(index).rpartition(", column ")
            line = int(where.removeprefix(f"{path}: line "))
            assert lines[line - 1][int(column) - 1] == letter


def test_no_chromosome_unless_asked_for(tmp_path):
    (tmp_path / "a.fa").write_text(">any title\nACGT\n>\nA\n")
    assert [(row.chromosome, row.text, row.line) for row in read_fasta(tmp_path / "a.fa")] == [
        (None, "ACGT", 1),
        (None, "A", 3),
    ]


@pytest.mark.parametrize(
    ("title", "chromosome"),
    [("chr1:100-200", "chr1"), ("chrUn_KI270.1:0-9(+)", "chrUn_KI270.1"), ("peak_7::chrX:5-6(-) x", "chrX"), ("4:1-2", "4")],
)
def test_chromosomes_in_headers(tmp_path, title, chromosome):
    (tmp_path / "a.fa").write_text(f">{title}\nACGT\n")
    assert [row.chromosome for row in read_fasta(tmp_path / "a.fa", chromosomes=True)] == [chromosome]


@pytest.mark.parametrize("title", ["peak 1", "chr1", "chr1:100", "a chr1:100-200", ""])
def test_headers_without_chromosome(tmp_path, title):
    (tmp_path / "a.fa").write_text(f">chr1:1-5\nACGT\n>{title}\nACGT\n")
    with pytest.raises(InputError, match=rf"a\.fa: line 3: header '{title}' must begin like chr1:100-200"):
        list(read_fasta(tmp_path / "a.fa", chromosomes=True))


def test_text_before_the_first_header(tmp_path):
    (tmp_path / "a.fa").write_text("\n" + "ACGT" * 20 + "\n>a\nACGT\n")
    with pytest.raises(InputError, match=r"a\.fa: line 2: must be a header that begins with >, got '(ACGT){7}AC\.\.\.'$"):
        list(read_fasta(tmp_path / "a.fa"))


def test_records_without_sequence_are_kept_for_the_rules(tmp_path):
    (tmp_path / "a.fa").write_text(">a\n\n>b\nAC\n>c")
    assert [(row.line, row.text) for row in read_fasta(tmp_path / "a.fa")] == [(1, ""), (3, "AC"), (5, "")]


def test_public_file_equals_biopython(mirror):
    path = mirror / "sequences" / "pu1.fa.gz"
    with gzip.open(path, "rt") as file:
        expected = list(SimpleFastaParser(file))
    rows = list(read_fasta(path, chromosomes=True))
    assert [(row.chromosome, row.text) for row in rows] == [(title.split(":")[0], text) for title, text in expected]
