"""Small generators and sets of sequences."""

import numpy as np
import pytest
import torch

from sciml.config.base import parse
from sciml.config.sequence_models import SequenceModelConfig
from sciml.sequences.data.sequence_set import DNA, SequenceSet
from sciml.sequences.drakes import build
from sciml.sequences.generator import SequenceGenerator


@pytest.fixture
def small_model():
    """A configuration, some of it as asked for."""

    def make(**changes: object) -> SequenceModelConfig:
        training = {"steps": 60, "batch": 32, "rate": 1e-2, "precision": "32"}
        values = {"net": {"kind": "dilated_cnn", "width": 8, "dilations": [1, 2]}, "training": training}
        return parse(SequenceModelConfig, values | changes, "test")

    return make


@pytest.fixture
def repeats() -> SequenceSet:
    """Sequences of twelve letters in which A and C alternate (class 0), or G and T (class 1)."""
    rows = [[(k + start) % 2 + 2 * kind for k in range(12)] for kind in (0, 1) for start in (0, 1)]
    tokens = torch.tensor(rows, dtype=torch.uint8).repeat(32, 1)
    kinds = np.tile([0.0, 0.0, 1.0, 1.0], 32)
    return SequenceSet(tokens, DNA, {"kind": kinds, "half": kinds / 2}, ("chr1",) * 128)


@pytest.fixture
def untrained(small_model) -> SequenceGenerator:
    torch.manual_seed(0)
    return SequenceGenerator(build(small_model(), 4, 12), DNA, 12).eval()
