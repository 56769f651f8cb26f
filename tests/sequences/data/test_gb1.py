"""The landscape of GB1: its counts, and what is known of it exactly."""

import numpy as np
import pytest
import torch

from sciml.config.sequences import GB1Config
from sciml.sequences.data.gb1 import landscape
from sciml.sequences.data.sequence_set import DNA, PROTEIN, SequenceSet


def test_counts_and_tilted_laws(prepared):
    known, parts = prepared(GB1Config())
    assert known["sequences"] == {"train": 119489, "validation": 14936, "test": 14936} and known["alphabet"] == PROTEIN
    assert known["unmeasured_variants"] == 160000 - 149361 and known["repeated"] == 0
    table = torch.full((20,) * 4, torch.nan, dtype=torch.float64)
    for part in parts.values():
        table = torch.where(table.isnan(), landscape(part), table)
    assert int(table.isnan().sum()) == 10639
    assert table[tuple(PROTEIN.index(letter) for letter in "VDGV")] == 1.0
    fitness = table.nan_to_num(0.0).flatten()
    for alpha, reward, nats in ((1.0, 1.889, 1.402), (0.5, 7.893, 9.579)):
        p = torch.softmax(fitness / alpha, 0)  # its mean, and its divergence from the uniform law, computed elsewhere
        assert float(p @ fitness) == pytest.approx(reward, abs=5e-4)
        assert float(p @ (p * len(p)).log()) == pytest.approx(nats, abs=5e-4)


def test_landscapes_need_fitness_of_four_sites():
    with pytest.raises(ValueError, match="`sequences` must be proteins of 4 letters with a fitness"):
        landscape(SequenceSet(torch.zeros(2, 4, dtype=torch.uint8), DNA, {"fitness": np.zeros(2)}))
