"""Data sets of sequences: where they come from and how they are split."""

import math
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, NonNegativeInt, PositiveInt, Tag, model_validator

from sciml.config.base import Config
from sciml.config.parts import Parts

SPI1, CEBPA, GFI1B, CTCF = "MA0080.7", "MA0102.5", "MA0483.2", "MA0139.2"
HUMAN = (  # A, C, G, T after A, C, G, T outside CpG islands (Durbin et al. 1998, Biological sequence analysis, 3.1)
    (0.300, 0.205, 0.285, 0.210),
    (0.322, 0.298, 0.078, 0.302),
    (0.248, 0.246, 0.298, 0.208),
    (0.177, 0.239, 0.292, 0.292),
)


class ChromosomeSplit(Config):
    """Whole chromosomes held out; all others are for training."""

    validation: tuple[str, ...] = Field((), strict=False, description="chromosomes of the validation split")
    test: tuple[str, ...] = Field((), strict=False, description="chromosomes of the test split")

    @model_validator(mode="after")
    def _apart(self) -> "ChromosomeSplit":
        named = self.validation + self.test
        if not named or len(set(named)) < len(named):
            raise ValueError(f"`validation` and `test` must name chromosomes, each once, got {list(named)}")
        return self


def _kind_of_split(split: Any) -> str:
    return "chromosomes" if isinstance(split, dict | ChromosomeSplit) else "shares"


def _ordered(bounds: tuple[int, int]) -> tuple[int, int]:
    if bounds[0] > bounds[1]:
        raise ValueError("must be the smaller number and the larger one")
    return bounds


def _some(entries: tuple[Any, ...]) -> tuple[Any, ...]:
    if not entries:  # not by `min_length`, which would speak up again where an entry is wrong
        raise ValueError("must have an entry")
    return entries


def _transitions(rows: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
    if len(rows) not in [4**order for order in range(7)]:
        raise ValueError("must have one row of four for each word of k letters, so 1, 4, 16, ... 4096 rows")
    for row in rows:
        if abs(sum(row) - 1) > 1e-6:
            raise ValueError(f"must have rows that add up to 1, not {math.fsum(row):.6g}")
    return rows


Shares = Annotated[
    Parts,
    Field(strict=False, description="training, validation and test: three counts of sequences, or three shares"),
]
Split = Annotated[
    Annotated[Shares, Tag("shares")] | Annotated[ChromosomeSplit, Tag("chromosomes")],
    Discriminator(_kind_of_split),
]
Seed = Annotated[NonNegativeInt, Field(description="of everything random")]
Gap = Annotated[
    tuple[NonNegativeInt, NonNegativeInt],
    AfterValidator(_ordered),
    Field(strict=False, description="fewest and most letters between one motif and the next"),
]
Identities = Annotated[tuple[str, ...], Field(strict=False, description="JASPAR identities or names of factors")]
Probability = Annotated[float, Field(gt=0, lt=1)]
Row = Annotated[tuple[Probability, Probability, Probability, Probability], Field(strict=False)]

HELD_OUT = ChromosomeSplit(validation=("chr9",), test=("chr8", "chrX"))


class PlantedClassConfig(Config):
    """Sequences that hold the same motifs: side by side in this order or the other, each on either strand."""

    name: str = Field(min_length=1)
    share: float = Field(gt=0, description="of all sequences, relative to the other classes")
    motifs: Identities = ()
    gap: Gap = (0, 20)


class RewardTermConfig(Config):
    """What a motif, or two side by side in either order, add to the activity where they are sure to be there."""

    motifs: Annotated[Identities, Field(min_length=1, max_length=2)]
    gap: Gap = (0, 20)
    weight: float
    odds: float = Field(0.1, gt=0, description="prior odds that they are there: the lower, the better they must be")


class MotifsConfig(Config):
    """Simulated DNA with planted JASPAR motifs, whose true activity is known; needs no file.

    By default a toy of myeloid enhancers: SPI1 and CEBPA activate, more so side by side, GFI1B represses, CTCF does nothing.
    """

    kind: Literal["motifs"] = "motifs"
    count: PositiveInt = Field(20_000, description="sequences")
    length: PositiveInt = Field(100, description="letters of a sequence")
    background: Annotated[tuple[Row, ...], AfterValidator(_transitions)] = Field(
        HUMAN,
        strict=False,
        description="Markov chain: probabilities of A, C, G, T after each word of k letters, AA.. to TT..",
    )
    release: str = Field("JASPAR2024", description="of JASPAR, as pyjaspar names it")
    classes: Annotated[tuple[PlantedClassConfig, ...], AfterValidator(_some)] = Field(
        (
            PlantedClassConfig(name="background", share=0.2),
            PlantedClassConfig(name="CTCF", share=0.2, motifs=(CTCF,)),
            PlantedClassConfig(name="SPI1", share=0.2, motifs=(SPI1,)),
            PlantedClassConfig(name="CEBPA", share=0.1, motifs=(CEBPA,)),
            PlantedClassConfig(name="SPI1 and CEBPA", share=0.2, motifs=(SPI1, CEBPA), gap=(2, 12)),
            PlantedClassConfig(name="SPI1 and GFI1B", share=0.1, motifs=(SPI1, GFI1B), gap=(0, 40)),
        ),
        strict=False,
        description="kinds of sequences",
    )
    rewards: Annotated[tuple[RewardTermConfig, ...], AfterValidator(_some)] = Field(
        (
            RewardTermConfig(motifs=(SPI1,), weight=1.0),
            RewardTermConfig(motifs=(CEBPA,), weight=1.0),
            RewardTermConfig(motifs=(SPI1, CEBPA), gap=(2, 12), weight=2.0, odds=0.01),
            RewardTermConfig(motifs=(GFI1B,), weight=-1.0),
        ),
        strict=False,
        description="terms of the activity",
    )
    split: Split = HELD_OUT
    seed: Seed = 0

    @model_validator(mode="after")
    def _named_once(self) -> "MotifsConfig":
        names = [one.name for one in self.classes]
        if len(set(names)) < len(names):
            raise ValueError(f"`classes` must have different names, got {', '.join(names)}")
        return self


class PeaksConfig(Config):
    """67,861 peaks of PU.1 (label `pu1` 1) and CTCF (0), 100 bp, upper case, with their chromosomes."""

    kind: Literal["peaks"] = "peaks"
    split: Split = HELD_OUT
    seed: Seed = 0


class YeastConfig(Config):
    """Yeast promoters of 110 bp with measured expression, random and evolved (Vaishnav et al. 2022)."""

    kind: Literal["yeast"] = "yeast"
    medium: Literal["both", "complex", "defined"] = Field("both", description="in which the yeast grew when measured")
    split: Shares = (0.8, 0.1, 0.1)
    seed: Seed = 0


class PromotersConfig(Config):
    """2,929 human (label `human` 1) and 3,086 mouse (0) promoters with a TATA box, 300 bp."""

    kind: Literal["promoters"] = "promoters"
    split: Shares = (0.8, 0.1, 0.1)
    seed: Seed = 0


class GB1Config(Config):
    """149,361 measured variants of protein G's domain B1 at four sites, label `fitness` (Wu et al. 2016)."""

    kind: Literal["gb1"] = "gb1"
    split: Shares = (0.8, 0.1, 0.1)
    seed: Seed = 0


class SequenceFileConfig(Config):
    """Your own DNA or proteins; see docs/sequences-data.md."""

    kind: Literal["file"] = "file"
    path: str = Field(min_length=1, description="FASTA, table or list")
    alphabet: Literal["dna", "protein"] = "dna"
    column: str = Field("sequence", min_length=1, description="of the sequences in a table: its name, or its number from 1")
    labels: tuple[str, ...] = Field((), strict=False, description="columns that hold a number; empty cells are not measured")
    chromosomes: str | None = Field(
        None, min_length=1, description="column of a table; `header` of a FASTA whose headers begin like chr1:100-200"
    )
    length: PositiveInt | None = Field(None, description="letters of every sequence; by default those of the first")
    lower_case: Literal["refuse", "upper"] = Field("refuse", description="upper: read small letters as large ones")
    skip_invalid: bool = Field(False, description="leave out sequences that are not allowed, and count them")
    duplicates: Literal["refuse", "drop"] = Field(
        "refuse", description="of sequences in two splits; drop: keep those of test before validation before training"
    )
    split: Split = (0.8, 0.1, 0.1)
    seed: Seed = 0


SequenceDataConfig = Annotated[
    MotifsConfig | PeaksConfig | YeastConfig | PromotersConfig | GB1Config | SequenceFileConfig,
    Field(discriminator="kind"),
]
