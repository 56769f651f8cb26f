"""Configurations of inverse folding: the published sizes, and what is refused."""

import pytest

from sciml.config.base import parse
from sciml.config.inverse_folding import (
    InverseFoldingConfig,
    InverseFoldingExperimentConfig,
    StabilityConfig,
    StructureRules,
)
from sciml.config.sequence_models import FineTuningConfig
from sciml.io.errors import InputError

PAPER = {
    "alpha": 3.0e-4,
    "steps": 50,
    "truncation": 25,
    "temperature": 0.5,
    "estimator": "soft",
    "measured": None,
    "training": {"steps": 1000, "batch": 32, "rate": 1.0e-4},
}


def test_by_default_the_network_has_the_published_sizes():
    net = parse(InverseFoldingConfig, {"training": {"steps": 10}}, "x").net
    assert (net.width, net.neighbours, net.encoder_layers, net.decoder_layers, net.dropout) == (128, 48, 3, 3, 0.1)


def test_the_fine_tuning_of_the_paper_is_a_configuration():
    config = parse(FineTuningConfig, PAPER, "x")
    assert (config.alpha, config.steps, config.truncation, config.temperature) == (3e-4, 50, 25, 0.5)


def test_a_structure_is_not_designed_for_that_was_learned_from():
    model = {"training": {"steps": 10}}
    one, other = {"path": "a.pdb", "chain": "A"}, {"path": "a.pdb", "chain": "B"}
    found = parse(InverseFoldingExperimentConfig, {"structures": [one], "design": other, "model": model}, "x")
    assert found.design.rules == StructureRules()
    with pytest.raises(InputError, match=r"`design` must be none of `structures`, got a\.pdb"):
        parse(InverseFoldingExperimentConfig, {"structures": [one], "design": one, "model": model}, "x")


@pytest.mark.parametrize(
    ("cls", "values"),
    [
        (StructureRules, {"missing": "skip"}),
        (StructureRules, {"model": 0}),
        (StabilityConfig, {"reach": -1}),
        (StabilityConfig, {"members": 0}),
        (InverseFoldingConfig, {"noise": -0.1, "training": {"steps": 10}}),
    ],
)
def test_what_makes_no_sense_is_refused(cls, values):
    with pytest.raises(InputError, match=f"`?{next(iter(values))}"):
        parse(cls, values, "x")
