"""Choices of a model that do not go together."""

import pytest
import yaml

from sciml.config.base import parse, to_yaml
from sciml.config.models import NeuralConfig, SpectralConfig, TrainingConfig, WaveletConfig
from sciml.io.errors import InputError


def test_wavelets_are_those_of_pywavelets() -> None:
    with pytest.raises(
        InputError, match=r"f: `wavelet` must be a discrete wavelet of PyWavelets, such as bior\d\.\d, got 'bior"
    ):
        parse(WaveletConfig, {"wavelet": "bior2.5"}, "f")
    with pytest.raises(InputError, match="`wavelet` must be a discrete wavelet"):
        parse(WaveletConfig, {"wavelet": "morl"}, "f")  # a continuous one
    assert parse(WaveletConfig, {"wavelet": "sym4"}, "f").wavelet == "sym4"


def test_fno_refuses_diffusion() -> None:
    model = {"net": {"kind": "fno"}, "training": {"steps": 3}}
    with pytest.raises(InputError, match="^f: `net.kind` fno does not see a noisy state: use it with `method.kind` regr"):
        parse(NeuralConfig, {**model, "method": {"kind": "diffusion"}}, "f")
    assert parse(NeuralConfig, {**model, "method": {"kind": "regression"}}, "f").net.kind == "fno"


def test_warmup_ends_before_the_training_does() -> None:
    with pytest.raises(InputError, match=r"f: `warmup` \(20\) must be below `steps` \(20\)"):
        parse(TrainingConfig, {"steps": 20, "warmup": 20}, "f")
    assert parse(TrainingConfig, {"steps": 20, "warmup": 19}, "f").warmup == 19


@pytest.mark.parametrize(("length", "warmup"), [({"steps": 3}, 0), ({"steps": 200}, 20), ({"steps": 5000}, 50)])
def test_warmup_is_short_in_a_short_training(length: dict, warmup: int) -> None:
    config = parse(TrainingConfig, length, "f")
    assert config.warmup == warmup
    assert parse(TrainingConfig, yaml.safe_load(to_yaml(config)), "f") == config


def test_warmup_of_a_training_of_given_time() -> None:
    assert parse(TrainingConfig, {"cpu_seconds": 9}, "f").warmup == 50


@pytest.mark.parametrize("modes", [0, "many", [20, 0], [], 2.5, True])
def test_modes_are_one_number_or_one_for_each_axis(modes: object) -> None:
    with pytest.raises(InputError, match="f: `modes` must be a whole number of at least 1, or one for each axis, got"):
        parse(SpectralConfig, {"modes": modes}, "f")
    for good in (None, 4, [20, 24]):
        assert parse(SpectralConfig, {"modes": good}, "f").modes == (tuple(good) if isinstance(good, list) else good)
