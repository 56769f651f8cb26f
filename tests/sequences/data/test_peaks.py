"""PU.1 and CTCF peaks: their counts by label and chromosome."""

from collections import Counter

import pytest

from sciml.config.sequences import PeaksConfig
from sciml.io.errors import InputError
from sciml.sequences.data.peaks import prepare_peaks
from sciml.sequences.data.store import load_sequences, summary

PU1 = {"chr8": 1188, "chr9": 1013, "chrX": 702}  # of 28,677
CTCF = {"chr8": 1686, "chr9": 1613, "chrX": 1362}  # of 39,184


def test_counts(prepared):
    known, parts = prepared(PeaksConfig())
    assert (
        known["sequences"] == {"train": 60297, "validation": 2626, "test": 4938} and sum(map(len, parts.values())) == 67861
    )
    assert known["left_out"] == {} and known["repeated"] == 12 and known["length"] == 100
    assert sorted(known["chromosomes"]) == sorted([*(f"chr{k}" for k in range(1, 23)), "chrX"])
    held_out = Counter(
        (chromosome, label)
        for split in ("validation", "test")
        for chromosome, label in zip(parts[split].chromosomes, parts[split].labels["pu1"], strict=True)
    )
    assert held_out == {(name, 1.0): n for name, n in PU1.items()} | {(name, 0.0): n for name, n in CTCF.items()}
    assert parts["train"].labels["pu1"].sum() == 28677 - sum(PU1.values())
    assert not set(parts["train"].chromosomes) & set(PU1)


def test_small_letters_are_read_and_unknown_ones_left_out(tmp_path):
    (tmp_path / "ctcf.fa").write_text(f">chr9:1-101\n{'acgt' * 25}\n>chr1:1-101\n{'ACGN' * 25}\n>chr8:1-101\n{'C' * 100}\n")
    (tmp_path / "pu1.fa").write_text(f">chrX:1-101\n{'A' * 100}\n>chr1:1-101\n{'G' * 100}\n")
    prepare_peaks(PeaksConfig(), tmp_path / "ctcf.fa", tmp_path / "pu1.fa", tmp_path / "p.zarr")
    known, whole = summary(tmp_path / "p.zarr"), load_sequences(tmp_path / "p.zarr", None)
    assert known["left_out"] == {"letter": 1} and known["sequences"] == {"train": 1, "validation": 1, "test": 2}
    assert known["left_out_examples"]["letter"].endswith("ctcf.fa: line 4, column 4: 'N' is none of ACGT")
    assert whole.letters() == ["ACGT" * 25, "C" * 100, "A" * 100, "G" * 100]
    assert whole.labels["pu1"].tolist() == [0, 0, 1, 1] and whole.chromosomes == ("chr9", "chr8", "chrX", "chr1")


def test_equal_peaks_on_two_chromosomes_are_refused(tmp_path):
    (tmp_path / "ctcf.fa").write_text(f">chr8:1-101\n{'A' * 100}\n>chr9:1-101\n{'C' * 100}\n>chrX:1-101\n{'G' * 100}\n")
    (tmp_path / "pu1.fa").write_text(f">chr1:1-101\n{'A' * 100}\n")
    with pytest.raises(InputError, match=r"pu1.fa: line 1 \(train\) and .*ctcf.fa: line 1 \(test\) have the same sequence"):
        prepare_peaks(PeaksConfig(), tmp_path / "ctcf.fa", tmp_path / "pu1.fa", tmp_path / "p.zarr")
