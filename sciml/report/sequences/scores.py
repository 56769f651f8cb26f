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
