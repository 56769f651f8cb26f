"""Shared proteins are found by code, accession, sequence and likeness; the published split shares none."""

from dataclasses import replace

import pytest

from sciml.io.errors import InputError
from sciml.sequences.stability.mutations import read_mutations
from sciml.sequences.stability.overlap import identity, overlap, refuse_overlap


def test_identity_is_that_of_the_best_alignment():
    assert identity("MKLVAWWY", "MKLVAWWY") == 1
    assert identity("AAAA", "WWWW") == 0
    assert identity("MKLVAWWYHH", "PPPPMKLVAWWY") == 0.8  # eight of ten
    assert identity("MKLVAWWYMKLVAWWY", "MKLVAWWYGMKLVAWWY") == 1  # through a gap
    with pytest.raises(ValueError, match="must have letters"):
        identity("", "A")


def test_what_is_shared_is_counted(simulate):
    one, other = simulate(3), simulate(3, seed=1)
    found = overlap(one, other)
    assert (found["proteins"], found["accessions"], found["sequences"]) == (0, 0, 0)
    refuse_overlap(one, other, ("train", "test"))
    alike = replace(other, sequences=tuple(f"A{one.sequences[0][1:]}" if p == "P10" else s for p, s in
                                           zip(other.proteins, other.sequences, strict=True)))  # fmt: skip
    found = overlap(one, alike)
    assert (
        found["sequences"] == 0 and found["closest"]["identity"] >= 0.97 and found["closest"]["proteins"] == ["P00", "P10"]
    )
    assert found["related_proteins"] == 1 and found["mutations"] == other.proteins.count("P10")


@pytest.mark.parametrize("what", ["proteins", "accessions", "sequences"])
def test_a_leak_is_refused(what, simulate):
    one, other = simulate(2), simulate(2, seed=1)
    leaking = replace(other, **{what: (getattr(one, what)[0], *getattr(other, what)[1:])})
    with pytest.raises(
        InputError, match=f"train and test share 1 {what}, such as {getattr(one, what)[0]}; no two may share"
    ):
        refuse_overlap(one, leaking, ("train", "test"))


def test_the_published_tables_share_no_protein(mirror):
    tables = {name: read_mutations(mirror / f"fireprot_{name}.csv.gz") for name in ("train", "val", "test")}
    for one, other in (("train", "val"), ("train", "test"), ("val", "test")):
        refuse_overlap(tables[one], tables[other], (one, other))
        found = overlap(tables[one], tables[other])
        assert found["closest"]["identity"] < 0.35 and found["related_proteins"] <= 1
