"""A process is its fields, and refuses fields that make no process."""

import dataclasses

import pytest

from sciml.processes.catalog import PROCESSES


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("vp_linear", {"beta_min": 0.0}, "`beta_min` must be positive and finite, got 0.0"),
        ("vp_linear", {"beta_min": 2.0, "beta_max": 1.0}, "`beta_max` must be .* got 1.0"),
        ("sub_vp", {"beta_max": float("nan")}, "`beta_max` must be .* got nan"),
        ("vp_cosine", {"offset": 1.5}, r"`offset` must lie in \(0, 1\), got 1.5"),
        ("vp_cosine", {"end": 1.0}, r"`end` must lie in \(0, 1\), got 1.0"),
        ("ve", {"sigma_min": -1.0}, "`sigma_min` must be positive and finite, got -1.0"),
        ("ve", {"sigma_min": 2.0, "sigma_max": 1.0}, "`sigma_max` must be .* got 1.0"),
    ],
)
def test_bad_arguments_are_named(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        PROCESSES[name](**arguments)


def test_fields_are_the_configuration(process):
    assert type(process)(**dataclasses.asdict(process)) == process
    assert all(isinstance(value, float) for value in dataclasses.asdict(process).values())
