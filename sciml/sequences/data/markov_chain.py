"""Letters of which each depends on the k before it.

p(x) = pi(x_1 .. x_k) prod_{i > k} T(x_i | x_{i-k} .. x_{i-1}), with pi the stationary law of words of k letters, so that the
letters of all places have the same law.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float64, Integer, UInt8

from sciml.io.errors import InputError

_MOST_STEPS = 100_000


@dataclass(frozen=True, eq=False)
class MarkovChain:
    """A chain over A, C, G, T.

    Args:
        transitions: T, a row for each word of k letters from AA.. to TT..; positive, rows add up to 1.
    """

    transitions: Float64[np.ndarray, "word 4"]

    @property
    def order(self) -> int:
        """k."""
        return round(np.log(len(self.transitions)) / np.log(4))

    @cached_property
    def stationary(self) -> Float64[np.ndarray, " word"]:
        """pi, by repeated steps of the chain.

        Raises:
            InputError: it does not settle, because some transitions are all but impossible.
        """
        words = len(self.transitions)
        law = np.full(words, 1 / words)
        for _ in range(_MOST_STEPS):
            # The next word is the last k - 1 letters of this one and the new letter.
            after = (law[:, None] * self.transitions).reshape(4, words).sum(0) if words > 1 else law
            if np.abs(after - law).max() < 1e-15:
                return after / after.sum()
            law = after
        raise InputError("`background`: the chain does not settle; its probabilities must not be so near 0 and 1")

    @property
    def letters(self) -> Float64[np.ndarray, "4"]:
        """How often A, C, G, T are, in the long run."""
        return self.stationary @ self.transitions

    def sample(self, count: int, length: int, generator: np.random.Generator) -> UInt8[np.ndarray, "count length"]:
        """Independent sequences, as indices into ACGT.

        Raises:
            InputError: fewer letters than k.
        """
        order, words = self.order, len(self.transitions)
        if length < order:
            raise InputError(f"`length` must be at least {order}, the order of the `background`, got {length}")
        tokens = np.empty((count, length), dtype=np.uint8)
        edges, steps = np.cumsum(self.stationary)[:-1], np.cumsum(self.transitions, axis=1)[:, :-1]
        word = np.searchsorted(edges, generator.random(count), side="right")
        for place in range(order):
            tokens[:, place] = word // 4 ** (order - 1 - place) % 4
        for place in range(order, length):
            letter = (steps[word] <= generator.random(count)[:, None]).sum(1)
            tokens[:, place] = letter
            word = (word * 4 + letter) % words
        return tokens

    def log_probability(self, tokens: Integer[np.ndarray, "count length"]) -> Float64[np.ndarray, " count"]:
        """log p(x) of each sequence, in nats."""
        order, words = self.order, len(self.transitions)
        word = np.zeros(len(tokens), dtype=np.int64)
        for place in range(order):
            word = word * 4 + tokens[:, place]
        total = np.log(self.stationary[word])
        for place in range(order, tokens.shape[1]):
            total += np.log(self.transitions[word, tokens[:, place]])
            word = (word * 4 + tokens[:, place]) % words
        return total
