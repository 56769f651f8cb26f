"""Unlike contents have unlike digests."""

from itertools import combinations

import torch

from sciml.io.digest import digest

UNLIKE = [
    [1, 12],
    [11, 2],
    [112],
    [[1], 12],
    [1, [12]],
    ["1", 12],
    {"a": 1, "b": 2},
    {"a": 12},
    {"a": {"b": 2}, "c": 3},
    {"a": {"b": 2, "c": 3}},
    {1: 2},
    {"1": 2},
    [torch.tensor([1, 2])],
    [torch.tensor([1, 2], dtype=torch.int32)],
    [torch.tensor([[1, 2]])],
    [None],
    [True],
    [1.0],
    [],
    {},
]


def test_unlike_contents_differ():
    for first, second in combinations(UNLIKE, 2):
        assert digest(first) != digest(second), (first, second)


def test_like_contents_agree():
    assert digest({"a": [1, torch.ones(2)], "b": 2}) == digest({"b": 2, "a": (1, torch.ones(2))})
