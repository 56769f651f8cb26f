"""The true activity: against loops over every place, strand and gap, and as a likelihood ratio by enumeration."""

import itertools
import math

import numpy as np
import pytest
import torch

from sciml.sequences.data.activity import Activity, Term, activity_of
from sciml.sequences.data.planting import Arrangement
from sciml.sequences.data.sequence_set import DNA, PROTEIN, SequenceSet
from sciml.sequences.motifs import Motif, background

GC = 0.42


def motif_of(seed, width):
    return Motif(f"TEST{seed}.1", "test", np.random.default_rng(seed).integers(1, 30, size=(4, width)).astype(np.float64))


SHORT, LONG = motif_of(0, 3), motif_of(1, 5)
TERMS = (
    Term(Arrangement((LONG,)), 1.5, 0.2),
    Term(Arrangement((SHORT, LONG), (1, 3)), 2.0, 0.01),
    Term(Arrangement((SHORT, SHORT), (0, 2)), -0.5),
    Term(Arrangement((SHORT,)), -1.0),
)


def score(motif, letters, reverse):
    p, b = motif.probabilities(GC), background(GC)
    read = [3 - letter for letter in reversed(letters)] if reverse else letters
    return math.prod(p[letter, place] / b[letter] for place, letter in enumerate(read))


def ratio(arrangement, tokens):
    """The mean over ways, one after the other."""
    if len(arrangement.motifs) == 1:
        (motif,) = arrangement.motifs
        ways = [
            score(motif, tokens[start : start + motif.width], reverse)
            for start in range(len(tokens) - motif.width + 1)
            for reverse in (False, True)
        ]
        return np.mean(ways)
    means = []
    for order, gap in itertools.product((1, -1), range(arrangement.gap[0], arrangement.gap[1] + 1)):
        left, right = arrangement.motifs[::order]
        second = left.width + gap
        means.append(
            np.mean(
                [
                    score(left, tokens[start : start + left.width], one)
                    * score(right, tokens[start + second : start + second + right.width], two)
                    for start in range(len(tokens) - second - right.width + 1)
                    for one, two in itertools.product((False, True), repeat=2)
                ]
            )
        )
    return np.mean(means)


@pytest.fixture
def sequences():
    return SequenceSet(torch.randint(4, (20, 17), generator=torch.Generator().manual_seed(0), dtype=torch.uint8), DNA)


def one_hot(tokens, dtype=torch.float64):
    return torch.nn.functional.one_hot(tokens.long(), 4).to(dtype)


def test_equals_loops(sequences):
    expected = []
    for tokens in sequences.tokens.tolist():
        odds = [term.odds * ratio(term.arrangement, tokens) for term in TERMS]
        expected.append(sum(term.weight * o / (1 + o) for term, o in zip(TERMS, odds, strict=True)))
    activity = Activity(TERMS, gc=GC)
    np.testing.assert_allclose(activity_of(activity, sequences), expected, rtol=1e-12)
    np.testing.assert_allclose(activity(one_hot(sequences.tokens, torch.float32)).numpy(), expected, rtol=1e-4)


def test_both_strands_are_alike(sequences):
    other = SequenceSet(3 - sequences.tokens.flip(1), DNA)
    activity = Activity(TERMS, gc=GC)
    np.testing.assert_allclose(activity_of(activity, other), activity_of(activity, sequences), rtol=1e-12)


@pytest.mark.parametrize("term", TERMS)
def test_ratios_have_mean_one_over_all_sequences(term):
    """sum_x b(x) R(x) = 1 over all 4^n sequences of independent letters: R is the ratio of two laws."""
    arrangement = Arrangement(term.arrangement.motifs, (0, 1))
    length = 9 if len(arrangement.motifs) == 2 and LONG in arrangement.motifs else 7
    words = torch.cartesian_prod(*[torch.arange(4)] * length)
    p = torch.from_numpy(background(GC))[words].prod(1)
    r = torch.cat([Activity([Term(arrangement, 1.0)], gc=GC).ratios(one_hot(part))[:, 0] for part in words.split(2**15)])
    assert float(p @ r) == pytest.approx(1, abs=1e-12)


def test_it_is_bounded_and_rises_to_the_weights(sequences):
    best = "".join(DNA[k] for k in SHORT.counts.argmax(0)) + "AC" + "".join(DNA[k] for k in LONG.counts.argmax(0))
    tokens = torch.tensor([[DNA.index(letter) for letter in best + "A" * 7]])
    term = Term(Arrangement((SHORT, LONG), (1, 3)), 2.0, 100.0)
    occupied = Activity([term], gc=GC).occupancies(one_hot(tokens))
    assert 0.99 < float(occupied) < 1
    everywhere = Activity(TERMS, gc=GC)(one_hot(sequences.tokens))
    assert float(everywhere.max()) < 3.5 and float(everywhere.min()) > -1.5


def test_gradient_equals_differences(sequences):
    activity = Activity(TERMS, gc=GC)
    soft = torch.softmax(torch.randn(3, 17, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64), -1)
    assert torch.autograd.gradcheck(activity, soft.requires_grad_(), atol=1e-8)


def test_what_will_not_do(sequences):
    with pytest.raises(ValueError, match="`terms` must each have one motif or two"):
        Activity([Term(Arrangement((SHORT,) * 3), 1.0)])
    with pytest.raises(ValueError, match="`terms` must each have one motif or two, and be at least one"):
        Activity([])
    with pytest.raises(ValueError, match=r"`odds` must be positive, got \[0.0\]"):
        Activity([Term(Arrangement((SHORT,)), 1.0, 0.0)])
    with pytest.raises(ValueError, match="sequences must have at least 11 letters, got 10"):
        Activity(TERMS)(one_hot(sequences.tokens[:, :10]))
    proteins = SequenceSet(sequences.tokens, PROTEIN)
    with pytest.raises(ValueError, match="`sequences` must be over ACGT, got ACDEFGHIKLMNPQRSTVWY"):
        activity_of(Activity(TERMS), proteins)
