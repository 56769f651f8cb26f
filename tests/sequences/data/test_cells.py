"""Cells of tables as numbers, and what is told of those that are none."""

import math

import pytest

from sciml.io.errors import InputError
from sciml.sequences.data.cells import measured, number


def test_numbers_are_read() -> None:
    assert (number(" -1.5e1 ", "x"), measured("2", "x")) == (-15.0, 2.0)
    assert math.isnan(measured("", "x")) and math.isnan(measured(" ", "x"))


@pytest.mark.parametrize(
    ("read", "cell", "message"),
    [
        (number, "", "f: line 2, column 'a': must be a finite number, got ''"),
        (number, "nan", "f: line 2, column 'a': must be a finite number, got 'nan'"),
        (measured, "inf", "f: line 2, column 'a': must be a finite number, or empty where not measured, got 'inf'"),
        (number, "1_0", "f: line 2, column 'a': must be a finite number, got '1_0'"),
        (measured, "1,5", "f: line 2, column 'a': must be a finite number, or empty where not measured, got '1,5'"),
    ],
)
def test_what_is_no_number_is_named(read, cell: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        read(cell, "f: line 2, column 'a'")
    assert str(raised.value) == message
