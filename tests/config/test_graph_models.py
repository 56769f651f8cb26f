"""Settings of generators of graphs that do not go together, and that a settled configuration can be read again."""

import pytest
import yaml

from sciml.config.base import parse, to_yaml
from sciml.config.graph_models import GraphGuideConfig, GraphModelConfig
from sciml.config.graph_settings import GraphExperimentConfig
from sciml.config.graphs import GraphFileConfig
from sciml.io.errors import InputError

SCORE = {"net": {"kind": "score_networks"}, "parameterisation": "score", "training": {"steps": 1}}
OURS = {"training": {"steps": 1}}


@pytest.mark.parametrize("name", ["pair_weight", "focus"])
@pytest.mark.parametrize("value", [0.7, 0.5])
def test_what_score_would_ignore_is_refused(name: str, value: float) -> None:
    """The default of `focus`, too; with the others it counts."""
    with pytest.raises(InputError, match=f"`{name}` must be left out with `parameterisation` score"):
        parse(GraphModelConfig, {**SCORE, name: value}, "f")
    assert getattr(parse(GraphModelConfig, {**OURS, name: value}, "f"), name) == value


@pytest.mark.parametrize("values", [SCORE, OURS, {**OURS, "pair_weight": 2.0, "condition": "boiling"}])
def test_what_is_written_can_be_read(values: dict) -> None:
    config = parse(GraphModelConfig, values, "f")
    written = to_yaml(config)
    assert parse(GraphModelConfig, yaml.safe_load(written), "f") == config
    assert ("pair_weight" in written) == ("focus" in written) == (config.parameterisation != "score")


GUIDE = {"property": "logp", "training": {"steps": 1}}
MODELS = {"plain": OURS, "told": {**OURS, "condition": "qed"}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"property": "size"}, "`property` must not be size, which is drawn before a graph: .* `condition` size"),
        ({"tolerance": 0.0}, "`tolerance` should be greater than 0, got 0.0"),
        ({"tolerance": 1.5}, "`tolerance` should be less than or equal to 1, got 1.5"),
        ({"net": {"kind": "score_networks"}}, "`net.kind` should be 'graph_transformer', got 'score_networks'"),
    ],
)
def test_a_guide_that_cannot_be_is_refused(change: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse(GraphGuideConfig, GUIDE | change, "f")


@pytest.mark.parametrize(
    ("guides", "message"),
    [
        ({"plain": {"model": "plain"}}, "names of `guides` and `models` must differ, got 'plain' in both"),
        ({"high": {"model": "told"}}, "`guides.high.model` must be among `models` without `condition`, plain; got 'told'"),
        ({"high": {"model": "none"}}, "`guides.high.model` must be among .*; got 'none'"),
        ({"a/b": {"model": "plain"}}, "`guides.a/b` should match pattern .*, got 'a/b'"),
        ({"high": {"model": "plain", "guidance": 0.0}}, "`guides.high.guidance` should be greater than 0, got 0.0"),
    ],
)
def test_guides_lead_models_of_the_experiment(guides: dict, message: str) -> None:
    told = {name: {"guide": GUIDE, "value": 1.0} | guided for name, guided in guides.items()}
    values = {"data": {"kind": "molecules"}, "models": MODELS, "guides": told}
    with pytest.raises(InputError, match=message):
        parse(GraphExperimentConfig, values, "f")


@pytest.mark.parametrize(("kind", "relation"), [("ve", "below"), ("vp_linear", "at most"), ("sub_vp", "at most")])
def test_bounds_of_a_process_are_in_order(kind: str, relation: str) -> None:
    """Equal ones are a constant rate, which only an exploding variance cannot have."""
    message = f"f: `adj`: `low` of {kind} must be {relation} `high`, got `low` 1.0 and `high` "
    for high in (0.1, 1.0) if kind == "ve" else (0.1,):
        with pytest.raises(InputError, match=message + str(high)):
            parse(GraphModelConfig, {**OURS, "adj": {"kind": kind, "low": 1.0, "high": high}}, "f")
    for high in (2.0,) if kind == "ve" else (1.0, 2.0):
        found = parse(GraphModelConfig, {**OURS, "adj": {"kind": kind, "low": 1.0, "high": high}}, "f")
        assert (found.adj.low, found.adj.high) == (1.0, high)


def test_what_is_not_told_needs_a_condition() -> None:
    with pytest.raises(InputError, match="`condition_dropout` must be left out where there is no `condition`, got 0.5"):
        parse(GraphModelConfig, {**OURS, "condition_dropout": 0.5}, "f")
    assert parse(GraphModelConfig, {**OURS, "condition": "qed", "condition_dropout": 0.5}, "f").condition_dropout == 0.5


@pytest.mark.parametrize("data", [{"kind": "molecules"}, {"kind": "qm9"}, {"kind": "file", "path": "a.pt", "atoms": ["C"]}])
def test_degrees_are_not_of_molecules(data: dict) -> None:
    values = {"data": data, "models": {"plain": OURS | {"degrees": 10}}}
    with pytest.raises(InputError, match="`models.plain.degrees` must be left out with molecules, .*; got 10"):
        parse(GraphExperimentConfig, values, "f")
    found = parse(GraphExperimentConfig, values | {"data": {"kind": "file", "path": "a.pt"}}, "f")
    assert found.models["plain"].degrees == 10


def test_one_split_is_asked_for() -> None:
    values = {"data": {"kind": "ego_small", "published_split": True}, "models": {"plain": OURS}}
    written = to_yaml(parse(GraphExperimentConfig, values, "f"))
    assert parse(GraphExperimentConfig, yaml.safe_load(written), "f").data.published_split
    values["data"] |= {"split": [100, 50, 50]}
    with pytest.raises(InputError, match=r"`split` must be left out with `published_split`, got \[100, 50, 50\]"):
        parse(GraphExperimentConfig, values, "f")


@pytest.mark.parametrize("name", ["logp", "qed", "size"])
def test_a_column_is_not_named_as_what_is_computed(name: str) -> None:
    message = f"`properties` must not name logp, qed, size, which are computed of graphs: rename the column {name}"
    with pytest.raises(InputError, match=message):
        parse(GraphFileConfig, {"path": "a.csv", "properties": ["boiling", name]}, "f")
    assert parse(GraphFileConfig, {"path": "a.csv", "properties": ["boiling", "logP"]}, "f").properties == (
        "boiling",
        "logP",
    )
