"""Scores sets of generated sequences against real ones, with intervals, floors, verdicts, counts and warnings."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor

from sciml.denoisers.reward import Reward
from sciml.metrics.mmd import resamples
from sciml.sequences.data.sequence_set import DNA, SequenceSet
from sciml.sequences.metrics.bands import band, verdict
from sciml.sequences.metrics.estimates import with_floors
from sciml.sequences.metrics.measures import Described, Measures
from sciml.sequences.metrics.memory import known
from sciml.sequences.metrics.motif_scan import MotifScanner
from sciml.sequences.metrics.typicality import typical_set
from sciml.sequences.motifs import Motif, read_motifs
from sciml.sequences.oracles.reward import reward_of

LIKELIHOOD = "log_likelihood"


@dataclass(frozen=True)
class Scoring:
    """Which scores.

    Args:
        k: letters of the words whose frequencies are compared.
        motifs: of transcription factors, for DNA; by default those of vertebrates in JASPAR, () for none.
        named: identities or names of motifs whose density is told on its own.
        p_value: of a site.
        most: reference sequences compared with, at most, chosen at random.
        draws: bootstrap samples.
    """

    k: int = 3
    motifs: Sequence[Motif] | None = None
    named: tuple[str, ...] = ()
    p_value: float = 1e-4
    most: int = 4096
    draws: int = 1000


class Judge:
    """Scores sets of generated sequences against one data set; what that needs of the data is computed once.

    The reference is cut at random in two: a set as large as a generated one, whose scores are the floors, and the rest,
    which both are compared with.

    Args:
        training: what the generator saw.
        reference: real sequences that it did not see, at least 4.
        count: sequences of a generated set, at least 2.
        seed: of that cut and of the bootstrap.
        scoring: which scores.
        rewards: by name, such as the held-out oracles.
        log_likelihoods: in nats, under the model, of each reference sequence.

    Raises:
        ValueError: sets that are too small or of different alphabets or lengths.
        InputError: a reward's values are none, or no motif has a name.
    """

    def __init__(
        self,
        training: SequenceSet,
        reference: SequenceSet,
        *,
        count: int,
        seed: int,
        scoring: Scoring | None = None,
        rewards: Mapping[str, Reward] | None = None,
        log_likelihoods: Float[Tensor, " reference"] | None = None,
    ) -> None:
        if len(reference) < 4 or count < 2:
            raise ValueError(
                f"`reference` must have 4 sequences and `count` be 2 at least, got {len(reference)} and {count}"
            )
        _check_alike("reference", reference, training)
        self.training, self.seed, self.rewards = training, seed, dict(rewards or {})
        self.scoring = scoring or Scoring()
        order = np.random.default_rng(seed).permutation(len(reference))
        size = min(count, len(reference) // 2)
        floor, real = (
            self._describe(reference.take(rows), None if log_likelihoods is None else log_likelihoods[rows])
            for rows in (np.sort(order[:size]), np.sort(order[size : size + self.scoring.most]))
        )
        self._bands = {name: band(values) for name, values in _values(real).items()}
        self._measures = Measures(
            training,
            real.sequences,
            k=self.scoring.k,
            scanner=_scanner(self.scoring, training.alphabet),
            named=self.scoring.named,
            typical=None if real.log_likelihoods is None else typical_set(real.log_likelihoods),
        )
        self._floors = self._measure(floor)
        self._counts = {"floor": size, "reference": len(real.sequences), "training": len(training)}
        self._copied = float(known(reference.tokens, training.tokens).mean())

    def score(self, generated: SequenceSet, log_likelihoods: Float[Tensor, " generated"] | None = None) -> dict[str, Any]:
        """All scores as plain numbers, see `score_sequences`.

        Raises:
            ValueError: fewer than 2 sequences, another alphabet or length than the training set, or log-likelihoods where
                the reference has none, or the other way round.
            InputError: a reward's values are none.
        """
        _check_alike("generated", generated, self.training)
        if len(generated) < 2:
            raise ValueError(f"`generated` must have at least 2 sequences, got {len(generated)}")
        if (log_likelihoods is None) != (self._measures.typical is None):
            raise ValueError("`log_likelihoods` must be given of both the generated and the reference sequences, or of none")
        own = self._describe(generated, log_likelihoods)
        scores = with_floors(self._measure(own), self._floors)
        verdicts = {name: asdict(verdict(values, self._bands[name])) for name, values in _values(own).items()}
        counts = {"generated": len(generated), **self._counts}
        return {"counts": counts, **scores, "verdicts": verdicts, "warnings": self._warnings(counts, scores, verdicts)}

    def _describe(self, sequences: SequenceSet, log_likelihoods: Tensor | None) -> Described:
        rewards = {name: reward_of(reward, sequences, name) for name, reward in self.rewards.items()}
        return Described(sequences, rewards, None if log_likelihoods is None else log_likelihoods.detach().cpu().double())

    def _measure(self, described: Described) -> dict[str, Any]:
        return self._measures.of(
            described, resamples(len(described.sequences), 1, draws=self.scoring.draws, seed=self.seed).w
        )

    def _warnings(self, counts: dict[str, int], scores: dict[str, Any], verdicts: dict[str, Any]) -> list[str]:
        texts = []
        if self._copied:
            texts.append(f"{self._copied:.1%} of the reference sequences are training sequences: scores reward memory")
        if counts["floor"] != counts["generated"]:
            texts.append(
                f"the floors are of {counts['floor']} sequences, not of {counts['generated']}: correlations depend on it"
            )
        if "motifs" in scores and scores["motifs"]["pearson"]["value"] is None:
            texts.append("no motif has a site in the generated or in the reference sequences: no correlation")
        for name, found in verdicts.items():
            if found["side"] != "inside":
                low, high = found["band"].values()
                texts.append(
                    f"{name}: the median {found['median']:.4g} lies {found['side']} the band of real sequences, "
                    f"{low:.4g} to {high:.4g}"
                )
        return texts


def _values(described: Described) -> dict[str, Tensor]:
    """What has a band."""
    likelihood = {} if described.log_likelihoods is None else {LIKELIHOOD: described.log_likelihoods}
    return {**described.rewards, **likelihood}


def _scanner(scoring: Scoring, alphabet: str) -> MotifScanner | None:
    if alphabet != DNA:
        return None
    motifs = read_motifs() if scoring.motifs is None else scoring.motifs
    return MotifScanner(motifs, p_value=scoring.p_value) if motifs else None


def _check_alike(name: str, sequences: SequenceSet, training: SequenceSet) -> None:
    own, other = ((each.alphabet, each.length) for each in (sequences, training))
    if own != other:
        raise ValueError(f"`{name}` must have the alphabet and length of the training set, {other}, got {own}")
