"""Settings of experiments on sequences that do not go together are refused."""

import pytest

from sciml.config.base import parse
from sciml.config.sequence_settings import SequenceComparisonJob, SequenceExperimentConfig, SteeringConfig
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


UNIFORM = {"model": {"process": {"kind": "uniform"}, "training": TRAINING}, "finetuning": {}}
NEEDS_MASKS = "needs `model.process.kind` absorbing, got uniform"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"steering": {"a": {"method": "classifier"}}},
            "`steering.a`: classifier needs `oracles.target.task` classes, got num",
        ),
        (
            {"steering": {"a": {"method": "classifier_free", "label": 1}}},
            "`steering.a`: a `label` needs a `model.condition`, got none",
        ),
        (
            {"steering": {"a": {"method": "svdd"}}, "evaluation": {"sampling": {"solver": "trapezoidal"}}},
            "`steering.a`: svdd needs `evaluation.sampling.solver` ancestral, got trapezoidal",
        ),
        (UNIFORM | {"finetuning": {"drakes": {"training": TRAINING}}}, f"`finetuning.drakes` {NEEDS_MASKS}"),
        (UNIFORM | {"evaluation": {"sampling": {"solver": "remasking"}}}, f"`evaluation.sampling.solver` {NEEDS_MASKS}"),
        (UNIFORM | {"comparison": {"solvers": ["ancestral", "first_hitting"]}}, f"`comparison.solvers` {NEEDS_MASKS}"),
        (
            UNIFORM
            | {
                "oracles": {"target": {"label": "class"}, "net": {"training": TRAINING}},
                "steering": {"a": {"method": "classifier"}},
            },
            f"`steering.a` {NEEDS_MASKS}",
        ),
        (
            {"evaluation": {"sampling": {"steering": {"method": "smc"}}}},
            "`evaluation.sampling.steering` is for `sciml sample`: of experiments set `steering`",
        ),
        (
            {"data": {"kind": "gb1"}, "evaluation": {"motifs": ["SPI1"]}},
            "`evaluation.motifs` are of DNA, but the data are proteins; got 'SPI1'",
        ),
        (
            {"data": {"kind": "file", "path": "a.fa", "alphabet": "protein"}, "evaluation": {"motifs": ["SPI1"]}},
            "`evaluation.motifs` are of DNA, but the data are proteins; got 'SPI1'",
        ),
    ],
)
def test_what_would_fail_after_training_is_refused_before(values: dict, message: str) -> None:
    with pytest.raises(InputError, match=f"^f: {message}"):
        parse(SequenceExperimentConfig, EXPERIMENT | values, "f")


def test_what_goes_together_is_taken() -> None:
    """Each of what is refused above, with what it needs."""
    steering = {"a": {"method": "classifier"}, "b": {"method": "classifier_free", "label": 1}, "c": {"method": "smc"}}
    values = {
        "oracles": {"target": {"label": "class"}, "net": {"training": TRAINING}},
        "model": {"condition": "class", "training": TRAINING},
        "steering": steering,
        "evaluation": {"motifs": ["SPI1"]},
        "comparison": {"solvers": ["ancestral", "first_hitting", "remasking"]},
    }
    assert list(parse(SequenceExperimentConfig, EXPERIMENT | values, "f").steering) == list(steering)
    uniform = {"comparison": {"solvers": ["ancestral", "trapezoidal"]}, "steering": {"c": {"method": "tds"}}}
    assert parse(SequenceExperimentConfig, EXPERIMENT | UNIFORM | uniform, "f").model.process.kind == "uniform"


@pytest.mark.parametrize("method", ["best_of_n", "look_ahead", "none"])
def test_draws_are_of_what_values_states(method: str) -> None:
    assert parse(SteeringConfig, {"method": "svdd", "draws": 4}, "f").draws == 4
    with pytest.raises(InputError, match=f"f: `draws` are of `method` smc, tds, svdd, got 4 with {method}"):
        parse(SteeringConfig, {"method": method, "draws": 4}, "f")


def test_what_is_steered_is_not_compared() -> None:
    steered = {"sampling": {"steering": {"method": "smc"}}}
    with pytest.raises(InputError, match="f: `steering.method` must be none where solvers are compared, got smc"):
        parse(SequenceComparisonJob, {"domain": "sequences", "evaluation": steered, "comparison": COMPARISON}, "f")
