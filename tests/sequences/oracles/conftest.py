"""Sequences with a planted word, and oracles as small as can be."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from sciml.config.base import parse
from sciml.config.sequence_oracles import OraclesConfig
from sciml.sequences.data.sequence_set import DNA, SequenceSet

WORD = (1, 2, 2, 0, 0, 2, 3)


def _planted(count: int, seed: int, length: int = 30) -> SequenceSet:
    """Half of the sequences hold a word at a random place, which says whether it is `bound`, and its noisy `strength`."""
    generator = np.random.default_rng(seed)
    tokens = generator.integers(0, 4, (count, length))
    has = np.arange(count) % 2 == 0
    for row, start in enumerate(generator.integers(0, length - len(WORD), count)):
        if has[row]:
            tokens[row, start : start + len(WORD)] = WORD
    labels = {"bound": has.astype(float), "strength": 300 + 20 * has + generator.normal(size=count)}
    chromosomes = tuple(f"chr{k // 2 % 4 + 1}" for k in range(count))
    return SequenceSet(torch.from_numpy(tokens.astype(np.uint8)), DNA, labels, chromosomes)


@pytest.fixture(scope="session")
def plant() -> Callable[..., SequenceSet]:
    """Makes sequences of which half hold a word."""
    return _planted


@pytest.fixture(scope="session")
def bound() -> SequenceSet:
    return _planted(1200, 0)


@pytest.fixture
def panel_config() -> Callable[..., OraclesConfig]:
    """A configuration of all three oracles as small as can be, with some settings of the target changed."""

    def make(steps: int = 150, **target: Any) -> OraclesConfig:
        values = {
            "target": {"label": "bound", **target},
            "net": {
                "width": 16,
                "kernels": [7, 3],
                "dropout": 0.0,
                "training": {"steps": steps, "batch": 64, "rate": 1e-2, "precision": "32"},
            },
            "features": {"kmers": [3, 5], "motifs": 4},
        }
        return parse(OraclesConfig, values, "small")

    return make
