"""From configurations and users' files to prepared stores."""

import gzip

import numpy as np
import pytest
from pydantic import TypeAdapter

from sciml.config.base import Config, parse
from sciml.config.sequence_sources import SOURCES_OF
from sciml.config.sequences import ChromosomeSplit, SequenceDataConfig
from sciml.io.errors import InputError
from sciml.io.fetch import SOURCES, fetch
from sciml.sequences.data.catalog import prepare_sequences
from sciml.sequences.data.store import load_sequences, summary


class Job(Config):
    data: SequenceDataConfig


def prepared(store, raw=None, **data):
    prepare_sequences(parse(Job, {"data": data}, "job").data, store, raw)
    return summary(store)


@pytest.fixture
def peaks(tmp_path):
    """Twelve peaks on three chromosomes, the first two equal."""
    generator = np.random.default_rng(0)
    texts = ["".join(generator.choice(list("ACGT"), 10)) for _ in range(12)]
    texts[1] = texts[0]
    path = tmp_path / "peaks.fa"
    path.write_text("".join(f">chr{k % 3 + 1}:{k}-{k + 10}\n{text[:6]}\n{text[6:]}\n" for k, text in enumerate(texts)))
    return path, texts


def test_fasta_by_shares(peaks, tmp_path):
    path, texts = peaks
    found = prepared(tmp_path / "s.zarr", kind="file", path=str(path), split=[0.5, 0.25, 0.25])
    parts = [load_sequences(tmp_path / "s.zarr", name).letters() for name in ("train", "validation", "test")]
    assert sorted(text for part in parts for text in part) == sorted(texts) and found["chromosomes"] == []
    assert sum(texts[0] in part for part in parts) == 1 and found["repeated"] == 1  # equal ones stay together
    assert found["title"] == "peaks.fa" and len(found["source_sha256"]) == 64 and found["duplicates_dropped"] == 0


def test_fasta_by_chromosome(peaks, tmp_path):
    path, texts = peaks
    packed = tmp_path / "peaks.fasta.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    data = {
        "kind": "file",
        "path": str(packed),
        "chromosomes": "header",
        "split": {"test": ["chr2"], "validation": ["chr3"]},
    }
    with pytest.raises(InputError) as caught:
        prepared(tmp_path / "s.zarr", **data)
    assert str(caught.value) == (
        f"{packed}: line 1 (train) and {packed}: line 4 (test) have the same sequence, which two splits must not share; "
        "`duplicates: drop` keeps the latter alone"
    )
    found = prepared(tmp_path / "s.zarr", **data, duplicates="drop")
    assert found["sequences"] == {"train": 3, "validation": 4, "test": 4} and found["duplicates_dropped"] == 1
    assert load_sequences(tmp_path / "s.zarr", "train").letters() == texts[3::3]
    test = load_sequences(tmp_path / "s.zarr", "test")
    assert test.letters() == texts[1::3] and set(test.chromosomes) == {"chr2"}


def test_tables_with_labels(tmp_path):
    rows = [
        ("ACGT", "1.5", "chr1"),
        ("acgt", "-2", "chr2"),
        ("ACGA", "", "chr3"),
        ("ACNA", "3", "chr1"),
        ("AC", "4", "chr1"),
    ]
    for ending, separator in ((".csv", ","), (".tsv", "\t")):
        path = tmp_path / f"a{ending}"
        path.write_text("\n".join(separator.join(row) for row in [("dna", "activity", "on"), *rows]))
        data = {"kind": "file", "path": str(path), "column": "dna", "labels": ["activity"], "chromosomes": "on"}
        with pytest.raises(InputError, match=rf"a{ending}: line 3, column 'dna', letter 1: 'a' is a small letter"):
            prepared(tmp_path / "s.zarr", **data)
        data |= {"lower_case": "upper", "split": {"test": ["chr3"]}}
        with pytest.raises(
            InputError, match=rf"a{ending}: line 5, column 'dna', letter 3: 'N' is none of ACGT; `skip_invalid"
        ):
            prepared(tmp_path / "s.zarr", **data)
        found = prepared(tmp_path / "s.zarr", **data, skip_invalid=True)
        assert found["left_out"] == {"letter": 1, "length": 1} and found["not_measured"] == {"activity": 1}
        train = load_sequences(tmp_path / "s.zarr", "train")
        assert train.letters() == ["ACGT", "ACGT"] and train.labels["activity"].tolist() == [1.5, -2.0]
        assert np.isnan(load_sequences(tmp_path / "s.zarr", "test").labels["activity"]).all()


def test_bed_and_lists_and_proteins(tmp_path):
    (tmp_path / "a.bed").write_text("chr1\t0\t4\tACGT\nchr2\t0\t4\tACGA\n")
    found = prepared(tmp_path / "s.zarr", kind="file", path=str(tmp_path / "a.bed"), column="4", split={"test": ["chr2"]})
    assert found["sequences"] == {"train": 1, "validation": 0, "test": 1} and found["chromosomes"] == ["chr1", "chr2"]
    (tmp_path / "a.txt").write_text("MKV\n\nWYE\r\n")
    data = {"kind": "file", "path": str(tmp_path / "a.txt"), "split": [2, 0, 0]}
    with pytest.raises(InputError, match=r"a.txt: line 1, column 1: 'M' is none of ACGT; `skip_invalid: true`"):
        prepared(tmp_path / "s.zarr", **data)
    found = prepared(tmp_path / "s.zarr", **data, alphabet="protein")
    assert load_sequences(tmp_path / "s.zarr", "train").letters() == ["MKV", "WYE"] and found["length"] == 3
    with pytest.raises(InputError, match=r"a.txt: line 1: has 3 letters, expected 4 \(`length`\)"):
        prepared(tmp_path / "s.zarr", **data, alphabet="protein", length=4)


@pytest.mark.parametrize(
    ("name", "content", "settings", "message"),
    [
        ("a.abc", "x", {}, r"ending '.abc' is not known; allowed: .fa, .fasta, .fna, .faa, .csv, .tsv, .bed, .txt, each"),
        ("a.fa", None, {}, r"a.fa: no such file"),
        ("a.fa", "", {}, r"a.fa: is empty"),
        ("a.fa", "\n\n", {}, r"a.fa: there is no sequence"),
        ("a.csv", "sequence\n", {}, r"a.csv: there is no sequence"),
        ("a.fa", ">a\nAC\n>b\n\n>c\nAC\n", {}, r"a.fa: line 3: has no sequence; `skip_invalid: true`"),
        ("a.fa", ">a\nAC\n>b\nACG\n", {}, r"a.fa: line 3: has 3 letters, expected 2 as on line 1 of a.fa; `skip_invalid"),
        ("a.fa", ">a\nAC\n", {"labels": ["x"]}, r"a.fa: `labels` need a table \(.csv, .tsv, .bed\), got x"),
        ("a.fa", ">a\nAC\n", {"column": "dna"}, r"a.fa: `column` needs a table \(.csv, .tsv, .bed\), got 'dna'"),
        ("a.txt", "AC\n", {"column": "2"}, r"a.txt: `column` needs a table \(.csv, .tsv, .bed\), got '2'"),
        ("a.fa", ">a\nAC\n", {"chromosomes": "on"}, r"a.fa: `chromosomes` must be header of FASTA or a column of a table"),
        ("a.txt", "AC\n", {"chromosomes": "header"}, r"a.txt: `chromosomes` must be header of FASTA or a column"),
        ("a.fa", ">a\nAC\n", {"split": {"test": ["chr1"]}}, r"a.fa: a split by chromosome needs to know them"),
        (
            "a.fa",
            ">chr2:1-3\nAC\n",
            {"split": {"test": ["chr1"]}, "chromosomes": "header"},
            r"has 'chr1', but there are chr2",
        ),
        ("a.fa", ">a\nAC\n", {"split": [5, 1, 1]}, r"must add up to 1 .. 1, which is all there are"),
    ],
)
def test_files_that_will_not_do(tmp_path, name, content, settings, message):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        prepared(tmp_path / "s.zarr", kind="file", path=str(tmp_path / name), **settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"kind": "peak"}, "peak"),
        ({"kind": "peaks", "split": [0.5, 0.2, 0.2]}, "`data.split` must be shares that add up to 1, not 0.9"),
        ({"kind": "peaks", "split": {"test": []}}, "`validation` and `test` must name chromosomes, each once"),
        ({"kind": "peaks", "split": {"test": ["chr1"], "validation": ["chr1"]}}, r"each once, got \['chr1', 'chr1'\]"),
        ({"kind": "peaks", "split": {"tets": ["chr1"]}}, "`data.split.tets` is not a known setting; did you mean `test`"),
        ({"kind": "yeast", "split": {"test": ["chr1"]}}, "`data.split`: should be a valid tuple"),
        ({"kind": "yeast", "medium": "rich"}, "`data.medium` should be 'both', 'complex' or 'defined', got 'rich'"),
        ({"kind": "motifs", "background": [[0.1, 0.2, 0.3, 0.5]]}, "`data.background` must have rows that add up to 1, not"),
        ({"kind": "motifs", "background": [[0.1, 0.2, 0.3, 0.4]] * 2}, "must have one row of four for each word of k"),
        ({"kind": "motifs", "background": [[0.0, 0.2, 0.4, 0.4]]}, "`data.background.0.0` should be greater than 0"),
        ({"kind": "motifs", "classes": []}, "`data.classes` must have an entry"),
        ({"kind": "motifs", "classes": [{"name": "a", "share": 1.0}] * 2}, "`classes` must have different names, got a, a"),
        ({"kind": "motifs", "classes": [{"name": "a", "share": 1, "gap": [3, 1]}]}, "gap` must be the smaller number"),
        ({"kind": "motifs", "rewards": [{"motifs": ["a", "b", "c"], "weight": 1}]}, "motifs` should have at most 2 items"),
        ({"kind": "file", "path": "a.fa", "alphabet": "rna"}, "`data.alphabet` should be 'dna' or 'protein', got 'rna'"),
    ],
)  # fmt: skip
def test_settings_that_will_not_do(data, message):
    with pytest.raises(InputError, match=message) as caught:
        parse(Job, {"data": data}, "job")
    assert "more)" not in str(caught.value)


def test_settings_come_back_from_their_text():
    adapter = TypeAdapter(SequenceDataConfig)
    for kind in ("motifs", "peaks", "yeast", "promoters", "gb1"):
        config = parse(Job, {"data": {"kind": kind}}, "job").data
        assert config.kind == kind and adapter.validate_json(adapter.dump_json(config)) == config
    config = parse(Job, {"data": {"kind": "file", "path": "a", "split": {"test": ["chr8"]}}}, "job").data
    assert config.split == ChromosomeSplit(test=("chr8",)) and adapter.validate_json(adapter.dump_json(config)) == config
    assert adapter.json_schema()["discriminator"]["propertyName"] == "kind"


def test_public_files_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match=r"gz: no such file; get it with `sciml fetch ctcf_peaks --output .*ctcf\.fa\.gz`"):
        prepared(tmp_path / "e.zarr", tmp_path, kind="peaks")
    with pytest.raises(InputError, match="`gb1`: no folder of public files is given; get the file with `sciml fetch gb1`"):
        prepared(tmp_path / "e.zarr", kind="gb1")


@pytest.mark.parametrize("name", sorted({name for names in SOURCES_OF.values() for name in names}))
def test_sources_are_in_the_mirror(mirror, tmp_path, name):
    assert fetch(SOURCES[name], tmp_path / "file", mirror, download=False).is_file()
