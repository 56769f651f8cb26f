"""Settings of oracles: what is taken, and the line that says what is not."""

import pytest

from sciml.config.base import parse
from sciml.config.sequence_oracles import OraclesConfig
from sciml.io.errors import InputError

LEAST = {"target": {"label": "bound"}, "net": {"training": {"steps": 9}}}


def test_defaults():
    config = parse(OraclesConfig, LEAST, "f")
    assert config.target.task == "classes" and config.net.kernels == (15, 5, 5) and config.features.penalty is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {**LEAST, "target": {"label": "b", "task": "ranks"}},
            "f: `target.task` should be 'classes' or 'numbers', got 'ranks'",
        ),
        ({**LEAST, "net": {"training": {"steps": 9}, "kernels": [4]}}, r"f: `net.kernels.0` must be odd, got 4"),
        (
            {**LEAST, "first_half": ["chr1", "chr1"]},
            r"f: `first_half` must name each chromosome once, got \['chr1', 'chr1'\]",
        ),
        ({**LEAST, "features": {"group": "birds"}}, "f: `features.group` should be 'vertebrates', "),
        ({**LEAST, "features": {"penalties": 1}}, "f: `features.penalties` is not a known setting; did you mean `penalty`"),
    ],
)
def test_problems_are_named(values, message):
    with pytest.raises(InputError, match=message):
        parse(OraclesConfig, values, "f")
