"""Simulated DNA with planted motifs of JASPAR and a known activity.

A sequence is of a class, by the shares of these; its letters come from a Markov chain, and the motifs of its class are
planted into it. It lies on one of 23 chromosomes, all as likely, so that it can be split as real DNA is.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from sciml.config.base import parse
from sciml.config.sequences import MotifsConfig
from sciml.io.errors import InputError
from sciml.sequences.data.activity import Activity, Term, activity_of
from sciml.sequences.data.markov_chain import MarkovChain
from sciml.sequences.data.planting import Arrangement, plant
from sciml.sequences.data.prepare import divided, write_prepared
from sciml.sequences.data.sequence_set import DNA, SequenceSet
from sciml.sequences.data.split import identical
from sciml.sequences.data.store import summary
from sciml.sequences.motifs import find_motif, read_motifs

CHROMOSOMES = (*(f"chr{number}" for number in range(1, 23)), "chrX")


def prepare_motifs(data: MotifsConfig, output: str | Path) -> None:
    """Simulates and writes the data set; its labels are `activity` and `class`, the index of the class.

    Raises:
        InputError: motifs that JASPAR has not got or that do not fit, or a split that does not fit.
    """
    sequences = simulate(data)
    parts = divided(sequences, data.split, data.seed, "motifs")
    facts = {
        "kind": "motifs",
        "title": f"Simulated DNA of {data.length} bp with planted motifs",
        "seed": data.seed,
        "classes": [one.name for one in data.classes],
        "settings": data.model_dump(mode="json"),
    }
    write_prepared(sequences, parts, output, facts)


def simulate(data: MotifsConfig) -> SequenceSet:
    """The sequences of a configuration, in the order in which they were drawn; equal settings give equal sequences.

    Raises:
        InputError: motifs that JASPAR has not got or that do not fit.
    """
    generator = np.random.default_rng(data.seed)
    chain = _chain(data)
    shares = np.array([one.share for one in data.classes])
    members = generator.choice(len(shares), data.count, p=shares / shares.sum())
    tokens = chain.sample(data.count, data.length, generator)
    for k, one in enumerate(data.classes):
        if one.motifs:
            chosen = tokens[members == k]
            plant(chosen, _arrangement(one.motifs, one.gap, data.release), _gc(chain), generator)
            tokens[members == k] = chosen
    sequences = SequenceSet(torch.from_numpy(tokens), DNA, {}, _chromosomes(tokens, generator))
    labels = {"activity": activity_of(true_activity(data), sequences), "class": members.astype(np.float64)}
    return SequenceSet(sequences.tokens, DNA, labels, sequences.chromosomes)


def true_activity(data: MotifsConfig) -> Activity:
    """The true reward of a configuration, for any sequence.

    Raises:
        InputError: motifs that JASPAR has not got or that do not fit into a sequence.
    """
    terms = [Term(_arrangement(one.motifs, one.gap, data.release), one.weight, one.odds) for one in data.rewards]
    for term in terms:
        if term.arrangement.longest > data.length:
            raise InputError(f"`length` must be at least {term.arrangement.longest} for `rewards`, got {data.length}")
    return Activity(terms, gc=_gc(_chain(data)))


def load_activity(path: str | Path) -> Activity:
    """The true reward of a prepared data set of kind `motifs`.

    Raises:
        InputError: a damaged store, or one of another kind.
    """
    known = summary(path)
    if known.get("kind") != "motifs":
        raise InputError(f"{path}: only data of kind motifs have a known activity, got {known.get('kind')!r}")
    return true_activity(parse(MotifsConfig, known.get("settings"), f"{path}: `settings`"))


def _chain(data: MotifsConfig) -> MarkovChain:
    return MarkovChain(np.array(data.background, dtype=np.float64))


def _gc(chain: MarkovChain) -> float:
    return float(chain.letters[1:3].sum())


def _arrangement(names: Sequence[str], gap: tuple[int, int], release: str) -> Arrangement:
    return Arrangement(tuple(find_motif(read_motifs(release), name) for name in names), gap)


def _chromosomes(tokens: np.ndarray, generator: np.random.Generator) -> tuple[str, ...]:
    """Of each sequence; equal sequences are on the same, lest they straddle a split."""
    groups = identical(torch.from_numpy(tokens))
    drawn = generator.integers(len(CHROMOSOMES), size=len(tokens))
    return tuple(CHROMOSOMES[k] for k in drawn[groups])
