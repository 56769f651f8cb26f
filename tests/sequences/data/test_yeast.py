"""Yeast promoters: against the tables as pandas reads them."""

import numpy as np
import pandas as pd
import pytest

from sciml.config.sequences import YeastConfig
from sciml.sequences.data.yeast import joined_families

FILES = ("Drift_testdata", "Random_testdata_defined_media", "SSWM_testdata")


def test_every_measurement_is_there_once(prepared, mirror):
    known, parts = prepared(YeastConfig())
    assert sum(known["sequences"].values()) == 2983 + 9892 + 5289 and known["repeated_measurements"] == 430
    assert known["length"] == 110 and known["repeated"] == 6  # six were measured in both media
    drift, random, selection = (pd.read_csv(mirror / "sequences" / "yeast" / f"{name}.csv.gz") for name in FILES)
    expected = {(text, value, 0.0) for text, value in zip(drift["seq110"], drift["meanEL.mut"], strict=True)}
    expected |= {(text, value, 0.0) for text, value in zip(selection["seq110"], selection["meanEL"], strict=True)}
    expected |= {(text, value, 1.0) for text, value in zip(random["seq110"], random["Measured Expression"], strict=True)}
    found = [
        row
        for part in parts.values()
        for row in zip(part.letters(), part.labels["expression"], part.labels["defined"], strict=True)
    ]
    assert set(found) == expected and len(found) == len(expected)
    split = {text: name for name, part in parts.items() for text in part.letters()}
    for frame in (drift, selection):  # a family is of one split
        assert frame.groupby("baseSeq")["seq110"].apply(lambda texts: len({split[text] for text in texts})).max() == 1


@pytest.mark.parametrize(("medium", "count"), [("complex", 12875), ("defined", 5289)])
def test_one_medium(prepared, medium, count):
    known, parts = prepared(YeastConfig(medium=medium))
    assert sum(known["sequences"].values()) == count and known["repeated"] == 0
    assert {value for part in parts.values() for value in part.labels["defined"]} == {float(medium == "defined")}


def test_families_that_share_a_sequence_are_one():
    names = ["a", "a", "b", "c", "d", "d"]
    groups = np.array([0, 1, 2, 1, 3, 2])  # a and c share a sequence, and b and d
    families = joined_families(names, groups)
    assert families[0] == families[1] == families[3] and families[2] == families[4] == families[5]
    assert sorted(set(families)) == [0, 1]
