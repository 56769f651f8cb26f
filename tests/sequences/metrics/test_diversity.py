"""Diversity pair by pair."""

import numpy as np
import pytest
import torch

from sciml.sequences.data.sequence_set import DNA, PROTEIN
from sciml.sequences.metrics.diversity import diversity


@pytest.mark.parametrize("alphabet", [DNA, PROTEIN])
def test_diversity_is_the_mean_over_pairs(alphabet: str):
    tokens = torch.randint(len(alphabet), (12, 9), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    tokens[1] = tokens[0]
    distance = (tokens[:, None] != tokens).double().mean(2)
    assert diversity(tokens, alphabet).item() == pytest.approx(float(distance.sum() / (12 * 11)), abs=1e-14)
    w = torch.from_numpy(np.random.default_rng(0).multinomial(12, np.full(12, 1 / 12), size=3)).double()
    for k, row in enumerate(w):
        pairs = torch.outer(row, row).fill_diagonal_(0)
        assert diversity(tokens, alphabet, w)[k].item() == pytest.approx(float((pairs * distance).sum() / pairs.sum()))


def test_ends_of_the_scale():
    assert diversity(torch.zeros(3, 5, dtype=torch.uint8), DNA).item() == 0
    assert diversity(torch.arange(4).repeat(6, 1).T, DNA).item() == 1
    with pytest.raises(ValueError, match="at least 2 sequences, got 1"):
        diversity(torch.zeros(1, 5, dtype=torch.uint8), DNA)
