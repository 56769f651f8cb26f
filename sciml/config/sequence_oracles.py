"""Reward oracles: what they learn and what they are made of."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from sciml.config.base import Config
from sciml.config.models import Probability, TrainingConfig


def _odd(width: int) -> int:
    if width % 2 == 0:
        raise ValueError("must be odd")
    return width


PANEL = ("first", "second", "third")  # what sequences are scored with
MotifGroup = Literal["vertebrates", "insects", "nematodes", "plants", "fungi", "urochordates"]
Odd = Annotated[PositiveInt, AfterValidator(_odd)]


class OracleTargetConfig(Config):
    """What an oracle predicts of a sequence."""

    label: str = Field(min_length=1, description="name of the label: a column of the data")
    task: Literal["classes", "numbers"] = Field(
        "classes", description="classes: labels 0 and 1, the reward is the logit of 1; numbers: the reward is in their unit"
    )
    shuffles: Literal["pairs", "letters", "none"] = Field(
        "pairs",
        description="for classes: shuffled sequences as further negatives, which keep the counts of pairs of neighbouring "
        "letters, or of letters only",
    )
    shuffled: PositiveFloat = Field(0.25, description="shuffled sequences for each sequence")
    both_strands: bool = Field(False, description="of DNA: a sequence and its reverse complement get the same reward")


class ConvolutionalOracleConfig(Config):
    """Convolutions over letters, pooled over the sequence: differentiable in relaxed letters."""

    kind: Literal["convolutional"] = "convolutional"
    width: PositiveInt = Field(64, description="channels")
    kernels: tuple[Odd, ...] = Field(
        (15, 5, 5), min_length=1, strict=False, description="odd widths of the convolutions, the first over letters"
    )
    pool: PositiveInt = Field(4, description="positions that become one between two convolutions")
    dropout: Probability = Field(0.2, description="probability of dropping a pooled channel while training")
    training: TrainingConfig


class FeatureOracleConfig(Config):
    """Logistic or ridge regression on counts of words and best scores of JASPAR motifs."""

    kind: Literal["features"] = "features"
    kmers: tuple[PositiveInt, ...] | None = Field(
        None, strict=False, description="letters of the words; by default 4, 5 and 6 of DNA, 1 and 2 of proteins"
    )
    motifs: NonNegativeInt = Field(64, description="of DNA: motifs, those that tell the label best by themselves")
    group: MotifGroup = Field("vertebrates", description="species whose motifs are tried")
    positions: bool = Field(False, description="the letter at each position too, where positions mean the same in all")
    penalty: PositiveFloat | None = Field(
        None,
        description="weight of half the squared coefficients of standardised features; by default chosen on a fifth of the "
        "examples",
    )
    iterations: PositiveInt = Field(200, description="of L-BFGS, at most")
    most: PositiveInt = Field(50_000, description="examples fitted to, chosen at random if there are more")


OracleConfig = Annotated[ConvolutionalOracleConfig | FeatureOracleConfig, Field(discriminator="kind")]


class OraclesConfig(Config):
    """Three oracles: `first`, which an optimiser may see, from one half of the training set; `second`, alike but from the
    other half, and `third`, of other features, from that half too: both are for judging alone. `masked` is like the first,
    but reads masked states too: what classifier guidance follows."""

    target: OracleTargetConfig
    net: ConvolutionalOracleConfig = Field(description="of all but the third")
    features: FeatureOracleConfig = Field(FeatureOracleConfig(), description="of the third")
    first_half: tuple[str, ...] = Field(
        (), strict=False, description="chromosomes of the first half; by default both halves get about as many sequences"
    )

    @model_validator(mode="after")
    def _chromosomes_differ(self) -> "OraclesConfig":
        if len(set(self.first_half)) < len(self.first_half):
            raise ValueError(f"`first_half` must name each chromosome once, got {list(self.first_half)}")
        return self
