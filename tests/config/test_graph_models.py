"""Settings of generators of graphs that do not go together, and that a settled configuration can be read again."""

import pytest
import yaml

from sciml.config.base import parse, to_yaml
from sciml.config.graph_models import GraphModelConfig
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
