"""What an oracle learns from, by hand."""

import numpy as np
import pytest
import torch

from sciml.config.sequence_oracles import OracleTargetConfig
from sciml.io.errors import InputError
from sciml.sequences.data.sequence_set import DNA, SequenceSet
from sciml.sequences.oracles.examples import labelled, with_shuffles


def _set(values: list[float]) -> SequenceSet:
    tokens = torch.randint(4, (len(values), 12), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    return SequenceSet(tokens, DNA, {"y": np.array(values)})


def test_what_was_not_measured_is_left_out():
    found = labelled(_set([1.0, np.nan, 0.0]), OracleTargetConfig(label="y"))
    assert found.values.tolist() == [1.0, 0.0] and torch.equal(found.tokens, _set([1.0, 0.0, 0.0]).tokens[[0, 2]])


@pytest.mark.parametrize(("shuffled", "count"), [(0.5, 2), (2.25, 9)])
@pytest.mark.parametrize("shuffles", ["pairs", "letters"])
def test_shuffles_are_negatives_of_the_same_composition(shuffles: str, shuffled: float, count: int):
    target = OracleTargetConfig(label="y", shuffles=shuffles, shuffled=shuffled)
    examples = labelled(_set([1.0, 0.0, 1.0, 1.0]), target)
    found = with_shuffles(examples, target, 4, seed=0)
    assert found.values.tolist() == [1.0, 0.0, 1.0, 1.0] + [0.0] * count
    assert torch.equal(found.tokens[:4], examples.tokens)
    own = {tuple(np.bincount(row, minlength=4)) for row in examples.tokens.numpy()}
    assert {tuple(np.bincount(row, minlength=4)) for row in found.tokens[4:].numpy()} <= own
    again = with_shuffles(examples, target, 4, seed=0)
    assert torch.equal(found.tokens, again.tokens) and not torch.equal(
        found.tokens, with_shuffles(examples, target, 4, seed=1).tokens
    )


def test_numbers_have_no_shuffles():
    target = OracleTargetConfig(label="y", task="numbers")
    examples = labelled(_set([1.5, 0.0, 2.0]), target)
    assert with_shuffles(examples, target, 4, seed=0) is examples


@pytest.mark.parametrize(
    ("values", "target", "message"),
    [
        ([0.0, 1.0], {"label": "z"}, "the sequences have no label 'z'; their labels: y"),
        ([0.0, 2.0], {"label": "y"}, "label 'y': classes are 0 and 1, got 2; for numbers, set `task`"),
        ([1.0, 1.0, np.nan], {"label": "y"}, "label 'y': both classes must be among 2 measured sequences"),
        ([3.0, 3.0], {"label": "y", "task": "numbers"}, "label 'y': two different numbers must be among 2 measured"),
    ],
)
def test_bad_labels_are_refused(values, target, message):
    with pytest.raises(InputError, match=message):
        labelled(_set(values), OracleTargetConfig(**target))
