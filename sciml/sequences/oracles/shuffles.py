"""Shuffled sequences: negatives that keep what composition alone explains.

Pairs are kept by an Euler path: the sequence is a walk over letters, each step an edge, and every walk from the same first
to the same last letter that uses up the same edges has the same pairs. All such walks are as likely: the edges out of each
letter are permuted until the last ones lead to the last letter of the sequence from everywhere.

Reference: Altschul and Erickson (1985), Significance of nucleotide sequence alignments: a method for random sequence
permutation that preserves dinucleotide and codon usage, doi:10.1093/oxfordjournals.molbev.a040370.
"""

import numpy as np
from jaxtyping import Int64, Integer


def shuffled_letters(
    tokens: Integer[np.ndarray, "sequence position"], generator: np.random.Generator
) -> Integer[np.ndarray, "sequence position"]:
    """Each sequence with its letters in an order drawn uniformly."""
    return generator.permuted(tokens, axis=1)


def shuffled_pairs(
    tokens: Integer[np.ndarray, "sequence position"], letters: int, generator: np.random.Generator
) -> Integer[np.ndarray, "sequence position"]:
    """Each sequence drawn uniformly among those with the same first letter and the same counts of pairs of neighbours.

    Args:
        tokens: below `letters`; at least 2 positions.
        letters: size of the alphabet.
        generator: source of the draws.
    """
    walk = tokens.astype(np.int64)
    count, length = walk.shape
    if length < 3:
        return tokens.copy()
    edges = _edge_orders(walk, letters, generator)
    begins = np.zeros((count, letters + 1), dtype=np.int64)  # where in a row of edges those out of a letter begin
    for letter in range(letters):
        begins[:, letter + 1] = begins[:, letter] + (walk[:, :-1] == letter).sum(1)
    result, rows = np.empty_like(walk), np.arange(count)
    result[:, 0] = walk[:, 0]
    used = begins[:, :-1].copy()
    for position in range(1, length):
        here = result[:, position - 1]
        result[:, position] = edges[rows, used[rows, here]]
        used[rows, here] += 1
    return result.astype(tokens.dtype)


def _edge_orders(
    walk: Int64[np.ndarray, "sequence position"], letters: int, generator: np.random.Generator
) -> Int64[np.ndarray, "sequence edge"]:
    """Ends of the edges of each sequence by the letter they leave, in an order that a walk can use up.

    Rows whose last edges do not all lead to the last letter are drawn again, so that all orders for which they do are as
    likely.
    """
    out, into = walk[:, :-1], walk[:, 1:]
    result = np.empty_like(out)
    left = np.arange(len(walk))
    while len(left):
        order = np.argsort(out[left] + generator.random((len(left), out.shape[1])), axis=1)
        sources, ends = np.take_along_axis(out[left], order, axis=1), np.take_along_axis(into[left], order, axis=1)
        result[left] = ends
        left = left[~_leads_home(sources, ends, walk[left, -1], letters)]
    return result


def _leads_home(sources: np.ndarray, ends: np.ndarray, home: np.ndarray, letters: int) -> np.ndarray:
    """Whether, following each letter's last edge, every letter that has one arrives at `home`."""
    rows = np.arange(len(home))
    following = np.tile(np.arange(letters), (len(home), 1))
    there = np.zeros((len(home), letters), dtype=bool)
    for position in range(sources.shape[1]):  # later edges of a letter overwrite earlier ones
        following[rows, sources[:, position]] = ends[:, position]
        there[rows, sources[:, position]] = True
    following[rows, home] = home
    arrived = following
    for _ in range(letters):
        arrived = np.take_along_axis(following, arrived, axis=1)
    return ((arrived == home[:, None]) | ~there).all(1)
