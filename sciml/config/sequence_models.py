"""What a generator of sequences is made of, and how it is fine-tuned for a reward."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from sciml.config.base import Config
from sciml.config.models import Probability, TrainingConfig


class DilatedCNNConfig(Config):
    """Residual convolutions of growing reach."""

    kind: Literal["dilated_cnn"] = "dilated_cnn"
    width: Annotated[int, Field(ge=4, multiple_of=2)] = Field(64, description="channels")
    kernel: PositiveInt = Field(9, description="letters that a convolution sees, odd")
    dilations: tuple[PositiveInt, ...] = Field(
        (1, 4, 1, 4, 1), min_length=1, strict=False, description="of each layer; the paper has 1, 1, 4, 16, 64 four times"
    )
    dropout: Probability = Field(0.0, description="probability of dropping an activation while training")

    @model_validator(mode="after")
    def _kernel_has_a_middle(self) -> "DilatedCNNConfig":
        if self.kernel % 2 == 0:
            raise ValueError(f"`kernel` must be odd, got {self.kernel}")
        return self


class RotaryTransformerConfig(Config):
    """Attention by distances."""

    kind: Literal["rotary_transformer"] = "rotary_transformer"
    width: Annotated[int, Field(ge=8, multiple_of=2)] = Field(128, description="channels")
    layers: PositiveInt = Field(4, description="of attention and perceptron")
    heads: PositiveInt = Field(4, description="of the attention; 2 `heads` divide `width`")
    aligned: bool = Field(False, description="each position has a meaning of its own, as in variants of one protein")
    dropout: Probability = Field(0.0, description="probability of dropping an activation while training")

    @model_validator(mode="after")
    def _heads_divide(self) -> "RotaryTransformerConfig":
        if self.width % (2 * self.heads):
            raise ValueError(f"`width` ({self.width}) must be a multiple of 2 `heads` ({2 * self.heads})")
        return self


class JumpConfig(Config):
    """The forward process of letters."""

    kind: Literal["absorbing", "uniform"] = Field("absorbing", description="letters are masked, or become any letter")
    schedule: Literal["log_linear", "cosine", "geometric"] = "log_linear"


class SequenceModelConfig(Config):
    """A generator of sequences."""

    net: DilatedCNNConfig | RotaryTransformerConfig = Field(DilatedCNNConfig(), discriminator="kind")
    process: JumpConfig = JumpConfig()
    timed: bool = Field(False, description="whether the network is told the time, which under masking says nothing new")
    condition: str | None = Field(None, description="label, of whole numbers from 0, that a sample may be asked to have")
    condition_dropout: Probability = Field(0.2, description="share of training in which the label is not told")
    training: TrainingConfig


class AlarmConfig(Config):
    """When fine-tuning stops by itself."""

    every: PositiveInt = Field(10, description="steps between looks at samples, whose time is on top of `cpu_seconds`")
    count: Annotated[int, Field(ge=16)] = Field(128, description="samples looked at")
    judges: bool = Field(True, description="stop when the median of a held-out oracle leaves the band of real sequences")
    typicality: bool = Field(True, description="stop when that of the log-likelihood under the pretrained model does")


class FineTuningConfig(Config):
    """DRAKES: a reward's gradient through sampling, and the divergence from where it began."""

    alpha: NonNegativeFloat = Field(0.1, description="weight of the divergence, in units of the reward a nat; 0: none")
    target: PositiveFloat | None = Field(None, description="divergence in nats that `alpha` is adapted to hold")
    gain: PositiveFloat = Field(0.1, description="by what share alpha changes in a step for twice the target")
    steps: PositiveInt = Field(32, description="of a rollout")
    estimator: Literal["exact", "straight_through", "soft"] = Field(
        "exact", description="how letters are drawn so that a gradient passes; the last two are the paper's"
    )
    temperature: PositiveFloat = Field(1.0, description="of the softmax that the paper's two draw from")
    truncation: PositiveInt = Field(16, description="last steps of a rollout that the gradient passes")
    measured: PositiveInt | None = Field(
        None, description="steps before those at which the divergence is measured, chosen at random; null: all"
    )
    checkpointing: bool = Field(False, description="compute steps again on the way back instead of keeping them")
    alarm: AlarmConfig | None = AlarmConfig()
    training: TrainingConfig

    @model_validator(mode="after")
    def _a_target_needs_a_weight(self) -> "FineTuningConfig":
        if self.target is not None and not self.alpha:
            raise ValueError("`target` needs an `alpha` above 0 to begin with, got 0")
        return self

    @model_validator(mode="after")
    def _the_exact_slope_has_no_temperature(self) -> "FineTuningConfig":
        if self.estimator == "exact" and self.temperature != 1:
            raise ValueError(
                f"`temperature` is of the estimators `straight_through` and `soft`, got {self.temperature} with exact"
            )
        return self
