"""Names that rows of a sweep get: readable, safe in paths, and those of their settings alone."""

import itertools
import re

import pytest

from sciml.config.sweep_names import LONGEST, row_name, short_labels


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"training.rate": 0.01, "net.width": 8}, "rate_0p01-width_8"),
        ({"training.rate": 1.0}, "rate_1"),
        ({"training.rate": 1}, "rate_1"),
        ({"training.rate": 1e-05}, "rate_1e-05"),
        ({"training.rate": 1e20}, "rate_1e20"),
        ({"net.attention": False, "training.cpu_seconds": None}, "attention_false-cpu_seconds_null"),
        ({"net.multipliers": [1, 2, 3]}, "multipliers_1_2_3"),
        ({"net.kind": "unet"}, "kind_unet"),
        ({}, "unchanged"),
    ],
)
def test_settings_are_read_off_a_name(settings: dict, name: str) -> None:
    assert row_name(settings, short_labels(settings)) == name


def test_what_cannot_be_told_in_safe_characters_ends_with_a_digest() -> None:
    found = [row_name({"data.path": path}, {"data.path": "path"}) for path in ("a/b.nc", "a_b.nc", "a b.nc")]
    assert len(set(found)) == 3 and all(re.fullmatch(r"path_a_b_nc-[0-9a-f]{8}", name) for name in found)


def test_long_names_are_cut_and_still_differ() -> None:
    columns = [f"net.a_long_name_of_a_setting_{n}" for n in range(4)]
    rows = [dict(zip(columns, values, strict=True)) for values in itertools.product((0, 1), repeat=4)]
    names = {row_name(row, short_labels(columns)) for row in rows}
    assert len(names) == 16 and all(len(name) <= LONGEST and re.fullmatch("[A-Za-z0-9_-]+", name) for name in names)


def test_labels_are_as_short_as_tells_them_apart() -> None:
    assert short_labels(["training.steps", "evaluation.solver.steps", "net.width", "seed"]) == {
        "training.steps": "training_steps",
        "evaluation.solver.steps": "solver_steps",
        "net.width": "width",
        "seed": "seed",
    }
    assert short_labels(["steps", "training.steps"]) == {"steps": "steps", "training.steps": "training_steps"}
