"""Numbers as text."""

import math

import pytest

from sciml.report.grouping import Average, average
from sciml.report.numbers import MINUS, MISSING, TIMES, count, deviation, number, whole


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.02134, "0.0213"),
        (0.9999, "1.00"),
        (-2.5, f"{MINUS}2.50"),
        (12345.6, "12346"),
        (0.001, "0.00100"),
        (9.87e-6, f"9.87{TIMES}10⁻⁶"),
        (1e300, f"1.00{TIMES}10³⁰⁰"),
        (5e-324, f"0.00{TIMES}10⁻³⁰⁰"),
        (math.inf, "∞"),
        (math.nan, MISSING),
    ],
)
def test_three_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_deviation_has_the_digits_of_the_mean() -> None:
    assert deviation(Average(0.0213, 0.00118)) == "± 0.0012"
    assert deviation(Average(2.13e-5, 1.2e-6)) == f"± 0.12{TIMES}10⁻⁵"
    assert deviation(Average(2.0)) == ""
    assert deviation(Average(math.inf, 1.0)) == ""


def test_counts() -> None:
    assert [count(value) for value in (789, 45_600, 1_234_567, math.nan)] == ["789", "45.6 k", "1.23 M", MISSING]
    assert whole(4000.0) == "4000"


def test_averages_leave_nothing_out() -> None:
    assert average([1.0, 2.0, 3.0]) == Average(2.0, 1.0)
    assert math.isnan(average([1.0, math.nan]).mean)
    assert average([1.0, math.inf]).mean == math.inf
    assert math.isnan(average([3.0]).deviation)
