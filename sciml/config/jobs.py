"""The settings of single jobs, as the command line takes them: what one verb needs and nothing else.

The workflow writes one such file for each run when it starts, and only if its content changed; so a comment in the main
configuration re-runs nothing, and a change of the learning rate re-runs the training and what follows, not the data.
"""

from typing import Annotated

from pydantic import Field, PositiveInt

from sciml.config.base import Config
from sciml.config.distillation import StudentConfig
from sciml.config.models import ModelConfig
from sciml.config.settings import BurgersConfig, CalibrationConfig, ComparisonConfig, EvaluationConfig, FileConfig


class WindowConfig(Config):
    """How prediction tasks are cut from the data."""

    given: PositiveInt = Field(description="frames given")
    predicted: PositiveInt = Field(description="frames to predict")
    period: PositiveInt | None = Field(None, description="frames of one cycle of a record; none: it has none")
    stride: PositiveInt = Field(1, description="frames between the starts of windows of a record")


class DataJob(Config):
    """`sciml prepare`."""

    data: Annotated[BurgersConfig | FileConfig, Field(discriminator="kind")]


class TrainingJob(Config):
    """`sciml train`."""

    window: WindowConfig
    model: ModelConfig


class DistillationJob(Config):
    """`sciml distill`."""

    window: WindowConfig
    student: StudentConfig


class EvaluationJob(Config):
    """`sciml evaluate`."""

    window: WindowConfig
    evaluation: EvaluationConfig


class CalibrationJob(Config):
    """`sciml calibrate`."""

    window: WindowConfig
    calibration: CalibrationConfig = CalibrationConfig()


class ComparisonJob(Config):
    """`sciml compare`."""

    window: WindowConfig
    comparison: ComparisonConfig


def window_of(data: BurgersConfig | FileConfig) -> WindowConfig:
    """The window of a data set: Burgers trajectories are predicted whole from their first frame and the forcing."""
    if isinstance(data, BurgersConfig):
        return WindowConfig(given=1, predicted=data.intervals)
    return WindowConfig(given=data.given, predicted=data.predicted, period=data.period, stride=data.stride)
