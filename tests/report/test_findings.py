"""Sentences follow from the numbers, whichever way they fall."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sciml.report.findings import difference, findings
from sciml.report.grouping import Average, group
from sciml.report.load import load_run

Edit = Callable[[Path, Callable[[dict[str, Any]], Any]], None]


def say(runs: list[Path]) -> str:
    return "\n".join(findings(group(load_run(run) for run in runs)[0]))


@pytest.fixture
def single(runs: list[Path]) -> list[Path]:
    return [run for run in runs if run.name == "seed-0"]


def scored(run: Path, edit: Edit, **values: float) -> None:
    edit(run / "evaluation.json", lambda content: next(s for s in content["scores"] if s["main"]).update(values))


def test_the_winner_changes_with_the_numbers(single: list[Path], edit: Edit) -> None:
    before = say(single)
    assert "As a point forecast, wdno wins" in before
    assert "9.37 % lower than the 0.00640 of unet_regression" in before
    assert "the ensemble beats one forecast: the CRPS of wdno, 0.0360, is 26.2 % lower than" in before
    scored(single[0], edit, mse_mean=0.0070, crps=0.06)
    after = say(single)
    assert "As a point forecast, unet_regression wins" in after
    assert "one forecast beats the ensemble" in after
    scored(single[0], edit, mse_mean=0.00641)
    assert "As a point forecast, neither wins" in say(single)


def test_calibration(single: list[Path], edit: Edit) -> None:
    for ratio, words in ((0.5, "overconfident"), (1.04, "close to calibrated"), (1.6, "too cautious")):
        scored(single[0], edit, spread_skill=ratio)
        assert f"({words})" in say(single)


def test_power_at_small_scales_is_a_share_or_a_multiple(single: list[Path]) -> None:
    for factor, words in ((0.25, "25.0 % of the truth's power in wdno"), (900.0, "900 times the truth's power in wdno")):
        with np.load(single[0] / "pictures.npz") as stored:
            arrays = dict(stored)
        np.savez(single[0] / "pictures.npz", **arrays | {"spectrum_prediction": factor * arrays["spectrum_truth"]})
        assert f"In the upper third of wavenumbers there is {words}" in say(single)


def test_a_trained_model_below_persistence_is_named(single: list[Path], edit: Edit) -> None:
    assert "No better than persistence" not in say(single)
    scored(next(run for run in single if run.parent.name == "fno"), edit, mse=0.5)
    assert "No better than persistence in mean square error: fno." in say(single)


def test_ensembles_alone_or_single_forecasts_alone(single: list[Path]) -> None:
    assert "point forecast" not in say(single[:1])
    assert "Spread over skill" not in say(single[1:])


@pytest.mark.parametrize(
    ("a", "b", "sign", "words"),
    [
        (Average(0.9), Average(1.0), -1, "10.0 % lower than"),
        (Average(1.1), Average(1.0), 1, "10.0 % higher than"),
        (Average(3.0), Average(1.0), 1, "3.00 times"),
        (Average(1.005), Average(1.0), 0, "equal within 1 % to"),
        (Average(0.9, 0.1), Average(1.0, 0.1), 0, "within the deviation between seeds of"),
        (Average(1.0), Average(0.0), 1, "above"),
    ],
)
def test_differences_in_words(a: Average, b: Average, sign: int, words: str) -> None:
    assert difference(a, b) == (sign, words)
