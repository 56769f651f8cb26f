"""Ranks against scipy's."""

import numpy as np
import pytest
from scipy.stats import rankdata

from sciml.numerics.ranks import midranks


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("distinct", [1, 4, 10_000])
def test_equals_rankdata(axis: int, distinct: int) -> None:
    values = np.random.default_rng(distinct).integers(distinct, size=(7, 53)) / 3
    assert np.array_equal(midranks(values, axis=axis), rankdata(values, axis=axis))


def test_one_dimension_and_float32() -> None:
    values = np.random.default_rng(0).normal(size=100).round(1).astype(np.float32)
    assert np.array_equal(midranks(values), rankdata(values))


def test_not_a_number() -> None:
    values = np.array([[2.0, np.nan, 1.0], [2.0, 3.0, 1.0]])
    assert np.array_equal(midranks(values, axis=1), rankdata(values, axis=1), equal_nan=True)


@pytest.mark.parametrize("shape", [(1, 0), (0, 3)])
def test_nothing_has_no_ranks(shape: tuple[int, int]) -> None:
    assert midranks(np.zeros(shape), axis=1).shape == shape
