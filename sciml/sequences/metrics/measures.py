"""All scores of one set of sequences that is compared with real ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor

from sciml.sequences.data.sequence_set import DNA, SequenceSet
from sciml.sequences.metrics.composition import gc_content
from sciml.sequences.metrics.correlations import pearson, spearman
from sciml.sequences.metrics.diversity import diversity
from sciml.sequences.metrics.estimates import estimate, magnitude, mean, median, share
from sciml.sequences.metrics.kmers import kmer_counts, kmer_frequencies
from sciml.sequences.metrics.memory import first_of_their_kind, known, nearest_distance
from sciml.sequences.metrics.motif_scan import MotifScanner
from sciml.sequences.metrics.typicality import TypicalSet
from sciml.sequences.motifs import find_motif

CORRELATIONS = {"pearson": pearson, "spearman": spearman}


@dataclass(frozen=True, eq=False)
class Described:
    """Sequences, and what models say of them.

    Args:
        sequences: at least 2.
        rewards: by name.
        log_likelihoods: in nats; None if no model was asked.
    """

    sequences: SequenceSet
    rewards: Mapping[str, Float64[Tensor, " sequence"]]
    log_likelihoods: Float64[Tensor, " sequence"] | None


class Measures:
    """Scores sets against real sequences, of which it keeps frequencies.

    Args:
        training: what the generator saw.
        reference: real sequences that it did not see.
        k: letters of a word.
        scanner: of motifs; None for none.
        named: motifs whose density is told on its own.
        typical: real log-likelihoods; None if there are none.
    """

    def __init__(
        self,
        training: SequenceSet,
        reference: SequenceSet,
        *,
        k: int,
        scanner: MotifScanner | None,
        named: tuple[str, ...],
        typical: TypicalSet | None,
    ) -> None:
        self.training, self.k, self.scanner, self.typical = training, k, scanner, typical
        self.words = kmer_frequencies(reference.tokens, reference.alphabet, k)
        if scanner is not None:
            self.sites = scanner.sites(reference.tokens).double().mean(0)
            self.named = {name: scanner.motifs.index(find_motif(scanner.motifs, name)) for name in named}

    def of(self, described: Described, w: Float64[Tensor, "draw n"]) -> dict[str, Any]:
        """Entries of values and intervals; `w` as of `estimate`."""
        sequences = described.sequences
        tokens, alphabet = sequences.tokens, sequences.alphabet
        nearest = nearest_distance(tokens, self.training.tokens, alphabet)
        result: dict[str, Any] = {
            "kmer_pearson": self._kmers(sequences, w),
            "diversity": estimate(lambda weights: diversity(tokens, alphabet, weights), w),
            "unique": share(first_of_their_kind(tokens)),
            "novel": share(~known(tokens, self.training.tokens)),
            "nearest_training": mean(nearest, w),
        }
        if alphabet == DNA:
            result["gc"] = mean(gc_content(tokens, alphabet), w)
        if self.scanner is not None:
            result["motifs"] = self._motifs(sequences, self.scanner, w)
        if described.rewards:
            result["rewards"] = {name: median(values, w) for name, values in described.rewards.items()}
        if self.typical is not None and described.log_likelihoods is not None:
            result["typical_set"] = _typicality(described.log_likelihoods, self.typical, w)
        return result

    def _kmers(self, sequences: SequenceSet, w: Tensor) -> dict[str, Any]:
        counts = kmer_counts(sequences.tokens, sequences.alphabet, self.k)
        return estimate(lambda weights: torch.from_numpy(pearson(weights.numpy() @ counts, self.words)), w, correlation=True)

    def _motifs(self, sequences: SequenceSet, scanner: MotifScanner, w: Tensor) -> dict[str, Any]:
        """Of the motifs that can have sites: correlations of how often each is there, and all sites of a sequence."""
        sites, reachable = scanner.sites(sequences.tokens).double(), torch.from_numpy(scanner.reachable)
        own, real = sites[:, reachable], self.sites[reachable].numpy()
        result: dict[str, Any] = {}
        for name, correlation in CORRELATIONS.items():

            def statistic(weights: Tensor, of: Any = correlation) -> Tensor:
                return torch.from_numpy(of((weights @ own).numpy(), real))

            result[name] = estimate(statistic, w, correlation=True)
        result["density"] = mean(sites.sum(1), w)
        return result | {"named": {name: mean(sites[:, index], w) for name, index in self.named.items()}}


def _typicality(values: Float64[Tensor, " n"], typical: TypicalSet, w: Tensor) -> dict[str, Any]:
    z = estimate(lambda weights: typical.standardised(values, weights), w)
    per_sequence = mean(values, w)
    return {
        "log_likelihood": per_sequence,
        "z": z,
        "deviation": magnitude(z),
        "inside": share(typical.inside(values).numpy()),
    }
