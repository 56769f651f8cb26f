"""Repeats counted by hand, distances pair by pair."""

import torch

from sciml.sequences.data.sequence_set import DNA
from sciml.sequences.metrics import memory
from sciml.sequences.metrics.memory import first_of_their_kind, known, nearest_distance


def test_repeats_are_found():
    tokens = torch.tensor([[0, 1], [2, 3], [0, 1], [0, 1], [3, 3]])
    assert first_of_their_kind(tokens).tolist() == [True, True, False, False, True]
    assert known(tokens, torch.tensor([[3, 3], [0, 1]], dtype=torch.uint8)).tolist() == [True, False, True, True, True]


def test_nearest_distance_is_that_of_all_pairs(monkeypatch):
    monkeypatch.setattr(memory, "ROWS", 7)
    monkeypatch.setattr(memory, "KNOWN", 10)
    generator = torch.Generator().manual_seed(0)
    tokens, training = (torch.randint(4, (n, 13), generator=generator).to(torch.uint8) for n in (20, 33))
    tokens[3] = training[31]
    expected = (tokens[:, None] != training).double().mean(2).amin(1)
    torch.testing.assert_close(nearest_distance(tokens, training, DNA), expected, atol=1e-15, rtol=0)
