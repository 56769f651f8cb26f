"""Markov chains: the exact law of short words by enumeration, and drawn letters against it."""

import itertools

import numpy as np
import pytest
from scipy.stats import chisquare

from sciml.config.sequences import HUMAN
from sciml.io.errors import InputError
from sciml.sequences.data.markov_chain import MarkovChain


def chain_of(order):
    transitions = np.random.default_rng(order).dirichlet(np.ones(4), size=4**order)
    return MarkovChain(transitions)


def words(length):
    return np.array(list(itertools.product(range(4), repeat=length)), dtype=np.uint8)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_stationary_law_is_the_left_eigenvector(order):
    chain = chain_of(order)
    count = 4**order
    matrix = np.zeros((count, count))
    for word, letters in enumerate(itertools.product(range(4), repeat=order)):
        for letter in range(4):
            after = (*letters, letter)[1:]
            matrix[word, sum(value * 4 ** (order - 1 - k) for k, value in enumerate(after))] = chain.transitions[
                word, letter
            ]
    values, vectors = np.linalg.eig(matrix.T)
    law = np.real(vectors[:, np.argmax(np.real(values))])
    np.testing.assert_allclose(chain.stationary, law / law.sum(), atol=1e-13)
    assert chain.order == order
    last = chain.stationary.reshape(-1, 4).sum(0)
    np.testing.assert_allclose(chain.letters, last, atol=1e-13)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_law_of_words_adds_up_and_is_the_same_at_every_place(order):
    chain = chain_of(order)
    p = np.exp(chain.log_probability(words(5))).reshape((4,) * 5)
    assert p.sum() == pytest.approx(1, abs=1e-13)
    for place in range(5):
        marginal = p.sum(tuple(k for k in range(5) if k != place))
        np.testing.assert_allclose(marginal, chain.letters, atol=1e-13)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_drawn_words_follow_the_law(order):
    chain = chain_of(order)
    tokens = chain.sample(40_000, 6, np.random.default_rng(7))
    for start in (0, 2):
        index = tokens[:, start : start + 4] @ np.array([64, 16, 4, 1])
        expected = np.exp(chain.log_probability(words(4))) * len(tokens)
        assert chisquare(np.bincount(index, minlength=256), expected).pvalue > 1e-3


def test_letters_after_letters_are_those_of_the_default_background():
    chain = MarkovChain(np.array(HUMAN))
    tokens = chain.sample(4000, 100, np.random.default_rng(0)).astype(int)
    pairs = np.bincount((tokens[:, :-1] * 4 + tokens[:, 1:]).ravel(), minlength=16).reshape(4, 4)
    expected = chain.transitions * pairs.sum(1, keepdims=True)
    deviation = (pairs - expected) / np.sqrt(expected * (1 - chain.transitions))
    assert np.abs(deviation).max() < 4  # standard errors
    assert pairs[1, 2] / pairs[1].sum() == pytest.approx(0.078, abs=0.002)  # C is seldom followed by G


def test_equal_seeds_give_equal_letters():
    draws = [chain_of(1).sample(10, 20, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert np.array_equal(draws[0], draws[1]) and not np.array_equal(draws[0], draws[2])


def test_chains_that_will_not_do():
    with pytest.raises(InputError, match="`length` must be at least 2, the order of the `background`, got 1"):
        chain_of(2).sample(3, 1, np.random.default_rng(0))
    sticky = np.full((4, 4), 1e-9) + np.eye(4) * (1 - 4e-9)
    sticky[0] = [1 - 3e-9, 1e-9, 1e-9, 1e-9]
    sticky[1] = [3e-9, 1 - 5e-9, 1e-9, 1e-9]
    chain = MarkovChain(sticky)
    with pytest.raises(InputError, match="`background`: the chain does not settle"):
        _ = chain.stationary
