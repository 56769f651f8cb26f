"""Students of generators of sequences: what does in a few network calls what the teacher does in many."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from sciml.config.base import Config
from sciml.config.models import TrainingConfig

Order = Literal["spaced", "random"]
Share = Annotated[float, Field(gt=0, lt=1)]


class ScalarsStudentConfig(Config):
    """LSD: the teacher's network, and scalars of each step."""

    method: Literal["lsd", "lsd_plus"] = Field(description="lsd: scalars of equal steps; lsd_plus: the times too")
    steps: PositiveInt = Field(8, description="of the student, of one network call each")
    order: Order = Field("spaced", description="letters drawn together are far apart, or chosen at random")
    paths: PositiveInt = Field(1, description="of each training sequence, that scalars are judged by together")
    training: TrainingConfig

    @model_validator(mode="after")
    def _spaced_steps_are_equal(self) -> "ScalarsStudentConfig":
        if self.method == "lsd_plus" and self.order == "spaced":
            raise ValueError(
                "`method` lsd_plus learns times, but spaced steps have equal shares: set `order` random, or lsd"
            )
        return self


class MixtureStudentConfig(Config):
    """Di4C: a network of its own, told a component that is drawn for each step."""

    method: Literal["di4c"]
    steps: PositiveInt = Field(8, description="of the student, of one network call each")
    order: Order = Field("spaced", description="letters drawn together are far apart, or chosen at random")
    components: Annotated[int, Field(ge=2)] = Field(4, description="of the mixture, as many calls in each step of training")
    delta: Share = Field(0.2, description="time below which the student is told what the teacher says")
    share: Share = Field(0.25, description="of the time that a step of the teacher covers")
    data_weight: NonNegativeFloat = Field(1.0, description="of the correlations of the data")
    training: TrainingConfig


SequenceStudentConfig = Annotated[ScalarsStudentConfig | MixtureStudentConfig, Field(discriminator="method")]
