"""Damaged and nonsensical files of every kind."""

import tempfile
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import damaged, read_or_refuse
from .parsers import PARSERS, place

QUIET = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck), "database": None}


def look(name: str, content: bytes) -> bool:
    parser = PARSERS[name]
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries that read
        path = place(parser, Path(folder), content)
        return read_or_refuse(lambda: parser.read(path))


@pytest.mark.parametrize("name", PARSERS)
def test_a_valid_file_is_read_or_refused_for_what_it_says(name: str) -> None:
    """The starting points are valid but for three, which say too little to be of use."""
    assert look(name, PARSERS[name].whole()) is (name not in ("gdss", "manifest", "mutations"))


@pytest.mark.parametrize("name", [name for name in PARSERS if name != "grib"])  # of which each takes a process
@settings(max_examples=12, **QUIET)
@given(data=st.data())
def test_any_file_is_read_or_refused(name: str, data: st.DataObject) -> None:
    look(name, data.draw(damaged(PARSERS[name].whole())))


@pytest.mark.slow
@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=400, **QUIET)
@given(data=st.data())
def test_any_file_is_read_or_refused_at_length(name: str, data: st.DataObject) -> None:
    look(name, data.draw(damaged(PARSERS[name].whole())))
