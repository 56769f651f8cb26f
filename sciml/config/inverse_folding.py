"""Sequences for a backbone: which structures are read, the network, and the model of stability it is rewarded by."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt, model_validator

from sciml.config.base import Config
from sciml.config.models import Probability, TrainingConfig


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


class StructureFileConfig(Config):
    """One chain of a PDB file."""

    path: str = Field(min_length=1, description="PDB file, plain or packed")
    chain: str | None = Field(None, min_length=1, max_length=1, description="its letter, where there are several")
    rules: StructureRules = StructureRules()


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


class InverseFoldingExperimentConfig(Config):
    """Structures to learn from and one to design for."""

    structures: tuple[StructureFileConfig, ...] = Field(min_length=1, strict=False, description="to train on")
    design: StructureFileConfig
    model: InverseFoldingConfig

    @model_validator(mode="after")
    def _design_is_held_out(self) -> "InverseFoldingExperimentConfig":
        if any((each.path, each.chain) == (self.design.path, self.design.chain) for each in self.structures):
            raise ValueError(f"`design` must be none of `structures`, got {self.design.path}")
        return self
