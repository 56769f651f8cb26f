"""Sequences for a backbone: which structures are read, the network, and the model of stability it is rewarded by."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt, model_validator

from sciml.config.base import Config
from sciml.config.models import Probability, TrainingConfig
from sciml.config.sequence_models import FineTuningConfig


class StructureRules(Config):
    """What to do about what a structure file leaves open."""

    missing: Literal["refuse", "drop"] = Field("refuse", description="residues that lack an atom of N, CA, C and O")
    modified: Literal["refuse", "parent", "drop"] = Field(
        "refuse", description="residues other than the twenty; parent: read MSE as M, and so on"
    )
    alternatives: Literal["refuse", "occupied"] = Field(
        "occupied", description="atoms or residues at several locations; occupied: take the one with the largest occupancy"
    )
    model: PositiveInt = Field(1, description="of several, by its place in the file")


class StructureEncoderConfig(Config):
    """Messages between neighbours in a structure; the published sizes are these."""

    width: Annotated[int, Field(ge=4, multiple_of=2)] = Field(128, description="channels")
    neighbours: PositiveInt = Field(48, description="residues that one hears, itself among them")
    encoder_layers: PositiveInt = Field(3, description="that see the structure")
    decoder_layers: PositiveInt = Field(3, description="that see letters too")
    dropout: Probability = Field(0.1, description="probability of dropping an activation while training")


class InverseFoldingConfig(Config):
    """A generator of sequences for given backbones."""

    net: StructureEncoderConfig = StructureEncoderConfig()
    schedule: Literal["log_linear", "cosine", "geometric"] = Field("log_linear", description="of the masks")
    noise: NonNegativeFloat = Field(0.0, description="deviation of noise on training coordinates, in Angstrom")
    copies: PositiveInt = Field(8, description="masked copies of each structure's sequence in a step")
    training: TrainingConfig


class StabilityConfig(Config):
    """A model of stability changes by single mutations."""

    width: PositiveInt = Field(32, description="channels")
    reach: NonNegativeInt = Field(2, description="residues that count on either side of one")
    exposure: bool = Field(True, description="use how exposed a residue is, where that is known")
    dropout: Probability = Field(0.2, description="probability of dropping an activation while training")
    members: PositiveInt = Field(5, description="networks whose mean is taken")
    training: TrainingConfig = TrainingConfig(steps=400, batch=256, rate=3e-3, weight_decay=0.1, precision="32")


class FoldingJob(Config):
    """`sciml fold`."""

    domain: Literal["structures"]
    model: InverseFoldingConfig
    rules: StructureRules = StructureRules()
    chains: dict[str, str] = Field(
        default_factory=dict,
        description="letter of the chain that is read, by the file's name before its first dot, where there are several",
    )


class StabilityJob(Config):
    """`sciml stability`."""

    domain: Literal["structures"]
    stability: StabilityConfig = StabilityConfig()


class StabilisingJob(Config):
    """`sciml stabilise`."""

    domain: Literal["structures"]
    finetuning: FineTuningConfig

    @model_validator(mode="after")
    def _nothing_is_real(self) -> "StabilisingJob":
        chosen = self.finetuning
        if "alarm" in chosen.model_fields_set and chosen.alarm is not None:
            raise ValueError("`finetuning.alarm` must be left out: no sequences of a structure say what is real")
        return self
