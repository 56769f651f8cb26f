"""Configurations of inverse folding: the published sizes, and what is refused."""

import re
from pathlib import Path

import pytest
import yaml

from sciml.config.base import parse
from sciml.config.inverse_folding import (
    FoldingJob,
    InverseFoldingConfig,
    StabilisingJob,
    StabilityConfig,
    StabilityJob,
    StructureEncoderConfig,
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


def test_what_the_documentation_shows_is_read():
    """Both pairs of files for training and fine-tuning, the quick and the published one, and that of the reward."""
    page = Path(__file__).parents[2] / "docs" / "inverse-folding.md"
    shown = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)]
    jobs = {"model": FoldingJob, "finetuning": StabilisingJob, "stability": StabilityJob}
    found = [parse(next(job for name, job in jobs.items() if name in values), values, "docs") for values in shown]
    assert [type(each) for each in found] == [FoldingJob, StabilityJob, StabilisingJob, FoldingJob, StabilisingJob]
    assert found[3].model.net == StructureEncoderConfig() and found[4].finetuning.truncation == 25


def test_a_fine_tuning_that_asks_for_an_alarm_is_refused():
    """By default there is none: a structure has no set of real sequences."""
    assert parse(StabilisingJob, {"domain": "structures", "finetuning": PAPER}, "x").finetuning.alpha == 3e-4
    with pytest.raises(
        InputError, match="`finetuning.alarm` must be left out: no sequences of a structure say what is real"
    ):
        parse(StabilisingJob, {"domain": "structures", "finetuning": PAPER | {"alarm": {}}}, "x")


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
