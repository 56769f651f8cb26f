"""Settings of generators of graphs that do not go together, and that a settled configuration can be read again."""

import pytest
import yaml

from sciml.config.base import parse, to_yaml
from sciml.config.graph_models import GraphGuideConfig, GraphModelConfig
from sciml.config.graph_settings import GraphExperimentConfig
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
