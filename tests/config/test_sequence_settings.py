"""Settings of experiments on sequences that do not go together are refused."""

import pytest

from sciml.config.base import parse
from sciml.config.sequence_settings import SequenceComparisonJob, SequenceExperimentConfig
from sciml.io.errors import InputError

TRAINING = {"steps": 9, "batch": 4}
EXPERIMENT = {
    "data": {"kind": "motifs"},
    "oracles": {"target": {"label": "activity", "task": "numbers"}, "net": {"training": TRAINING}},
    "model": {"training": TRAINING},
    "finetuning": {"drakes": {"training": TRAINING}},
    "steering": {"best": {"method": "best_of_n"}},
}
COMPARISON = {"solvers": ["ancestral", "trapezoidal"]}


def test_nothing_is_compared_unless_asked_for_and_then_the_pretrained_model() -> None:
    assert parse(SequenceExperimentConfig, EXPERIMENT, "f").comparison is None
    config = parse(SequenceExperimentConfig, EXPERIMENT | {"comparison": COMPARISON}, "f")
    assert config.comparison is not None and config.compared == ("pretrained",)
    assert config.comparison.model_dump() == {
        "solvers": ("ancestral", "trapezoidal"),
        "calls": (4, 8, 16, 32),
        "count": 256,
        "draws": 8,
    }
    both = EXPERIMENT | {"comparison": COMPARISON, "compared": ["pretrained", "drakes"]}
    assert parse(SequenceExperimentConfig, both, "f").compared == ("pretrained", "drakes")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"compared": ["best"]}, "f: `compared` may name models that are trained, pretrained, drakes; got 'best'"),
        ({"comparison": {"solvers": []}}, "f: `comparison.solvers` should have at least 1 item"),
        ({"comparison": {"solvers": ["heun"]}}, "f: `comparison.solvers.0` should be 'ancestral', .*, got 'heun'"),
        ({"comparison": COMPARISON | {"calls": [4, 0]}}, "f: `comparison.calls.1` should be greater than 0, got 0"),
        ({"comparison": COMPARISON | {"count": 1}}, "f: `comparison.count` should be greater than or equal to 2, got 1"),
    ],
)
def test_problems_are_named(values: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse(SequenceExperimentConfig, EXPERIMENT | values, "f")


def test_what_is_steered_is_not_compared() -> None:
    steered = {"sampling": {"steering": {"method": "smc"}}}
    with pytest.raises(InputError, match="f: `steering.method` must be none where solvers are compared, got smc"):
        parse(SequenceComparisonJob, {"domain": "sequences", "evaluation": steered, "comparison": COMPARISON}, "f")
