"""The configurations that come with the package: what can be told of them without running them."""

from pathlib import Path
from typing import Any

import pytest

from sciml.config.base import read_config
from sciml.config.settings import Settings

FILES = sorted(Path(__file__).parents[2].glob("workflows/config/*.yaml"))
PUBLISHED = {"ego_small": 200, "enzymes": 587}  # graphs, of which the published split tests on a fifth


def training_size(data: Any) -> int | None:
    """How many examples there are to train on, where the settings alone say so."""
    if getattr(data, "published_split", False):
        return PUBLISHED[data.kind] - PUBLISHED[data.kind] // 5
    split = getattr(data, "split", None)
    found = split[0] if isinstance(split, tuple) else getattr(data, "train", None)
    return found if isinstance(found, int) else None


def trained(settings: Settings) -> dict[str, tuple[int, int]]:
    """Batch and training set of what is trained on a set of a known size, by name."""
    found = {}
    for name, experiment in settings.graphs.items():
        for model, config in experiment.models.items():
            found[f"{name}.{model}"] = (config.training.batch, training_size(experiment.data))
        for guide, guided in experiment.guides.items():
            found[f"{name}.{guide}"] = (guided.guide.training.batch, training_size(experiment.data))
    for name, experiment in settings.sequences.items():
        found[name] = (experiment.model.training.batch, training_size(experiment.data))
    return {name: (batch, size) for name, (batch, size) in found.items() if size is not None}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_batch_is_larger_than_the_training_set(path: Path) -> None:
    assert {name: pair for name, pair in trained(read_config(Settings, path)).items() if pair[0] > pair[1]} == {}


def test_sizes_are_known_of_what_is_generated_and_of_published_splits() -> None:
    found = trained(read_config(Settings, next(path for path in FILES if path.stem == "paper")))
    assert found["community_small.gdss"] == (80, 80) and found["ego_small.gdss"] == (128, 160)
    assert found["enzymes.gdss"] == (64, 470) and found["grid.gdss"] == (8, 80)
