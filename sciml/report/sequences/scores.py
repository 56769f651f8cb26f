"""Scores of generated sequences, and where they lie in the band of real ones."""

import math
from dataclasses import dataclass

SEEN, HELD_OUT, TRUE = "first", ("second", "third"), "true"
LIKELIHOOD = "log_likelihood"


@dataclass(frozen=True)
class Estimate:
    """A score with its 95% interval; a number that is not there is nan.

    Args:
        value: of the generated sequences.
        low: end of its interval.
        high: the other end.
        floor: the same of real sequences in the place of generated ones.
        floor_low: end of the floor's interval.
        floor_high: the other end.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    floor: float = math.nan
    floor_low: float = math.nan
    floor_high: float = math.nan


MISSING = Estimate(math.nan)


@dataclass(frozen=True)
class Verdict:
    """Whether a median lies in the band from the 1st to the 99th percentile of real sequences.

    Args:
        median: of the generated sequences.
        low: end of the band.
        high: the other end.
        side: of the band, `below`, `inside` or `above`.
    """

    median: float
    low: float
    high: float
    side: str

    @property
    def outside(self) -> bool:
        """Whether generated sequences are not like real ones."""
        return self.side != "inside"


@dataclass(frozen=True)
class SequenceScore:
    """Scores of one set of generated sequences.

    Args:
        counts: sequences `generated`, of the `floor`, of the `reference` and of `training`.
        estimates: by name, such as `kmer_pearson`, `motifs.pearson`, `motifs.named.SPI1`, `rewards.first`, `typical_set.z`.
        verdicts: of rewards by name, and of `log_likelihood`.
        warnings: what limits them.
    """

    counts: dict[str, int]
    estimates: dict[str, Estimate]
    verdicts: dict[str, Verdict]
    warnings: tuple[str, ...]

    def estimate(self, name: str) -> Estimate:
        """A score, of nan where it was not asked for."""
        return self.estimates.get(name, MISSING)


@dataclass(frozen=True)
class SolverScore:
    """Scores of what a solver made in so many network calls.

    Args:
        solver: its label.
        nfe: network calls for each sequence.
        seconds_per_sequence: of processor time.
        nll: of what was made, under the model itself, nats a letter; floor: of test sequences.
        score: see there; without rewards.
    """

    solver: str
    nfe: float
    seconds_per_sequence: float
    nll: Estimate
    score: SequenceScore
