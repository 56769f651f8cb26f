"""What a model is made of: representation, method, network, training. Four choices that combine freely."""

from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, field_validator, model_validator

from sciml.config.base import Config

Probability = Annotated[float, Field(ge=0, lt=1)]


class PhysicalConfig(Config):
    """The field itself, each variable standardised."""

    kind: Literal["physical"] = "physical"
    fold_time: bool = Field(False, description="make the time axis channels: a cheaper network for short series")


class WaveletConfig(Config):
    """All sub-bands of a wavelet transform over time and space."""

    kind: Literal["wavelet"] = "wavelet"
    wavelet: str = Field("bior2.4", description="a discrete wavelet of PyWavelets")
    mode: Literal["periodization", "zero"] = Field("periodization", description="how the field goes on past its edges")
    levels: Annotated[int, Field(ge=1, le=4)] = Field(1, description="how often the averages are transformed again")
    fold_time: bool = Field(False, description="make the time axis channels: a cheaper network for short series")

    @field_validator("wavelet")
    @classmethod
    def _wavelet_is_known(cls, wavelet: str) -> str:
        import pywt  # 70 ms: only where a wavelet is named

        if wavelet not in (known := pywt.wavelist(kind="discrete")):
            near = get_close_matches(wavelet, known, n=1)
            raise ValueError("must be a discrete wavelet of PyWavelets, such as " + (near[0] if near else "bior2.4"))
        return wavelet


class UNetConfig(Config):
    """A U-Net with residual blocks."""

    kind: Literal["unet"] = "unet"
    width: Annotated[int, Field(ge=4, multiple_of=4)] = Field(64, description="channels at the finest resolution")
    multipliers: tuple[PositiveInt, ...] = Field(
        (1, 2, 3), min_length=1, strict=False, description="channels of each resolution in units of `width`"
    )
    blocks: PositiveInt = Field(1, description="residual blocks at each resolution")
    attention: bool = Field(True, description="self-attention at the coarsest resolution")
    dropout: Probability = Field(0.0, description="probability of dropping an activation while training")


class SpectralConfig(Config):
    """Layers that mix the low cosine modes of the field: a neural operator that sees state and time."""

    kind: Literal["spectral"] = "spectral"
    modes: PositiveInt | Annotated[tuple[PositiveInt, ...], Field(strict=False)] | None = Field(
        None,
        description="cosine modes kept along each axis; one number: along all, as far as there are so many; by default 64, "
        "20 or 8 along each of one, two or three axes, for weights grow with their product",
    )
    width: Annotated[int, Field(ge=4, multiple_of=2)] = Field(32, description="channels")
    layers: PositiveInt = Field(4, description="spectral layers")
    dropout: Probability = Field(0.0, description="probability of dropping an activation while training")

    @field_validator("modes", mode="before")
    @classmethod
    def _one_number_or_one_for_each_axis(cls, modes: object) -> object:
        given = [] if modes is None else modes if isinstance(modes, list | tuple) else [modes]
        if not all(type(number) is int and number >= 1 for number in given) or modes in ([], ()):
            raise ValueError("must be a whole number of at least 1, or one for each axis")
        return modes


class FNOConfig(Config):
    """The Fourier neural operator of the neuraloperator package (Li et al. 2021, arXiv 2010.08895)."""

    kind: Literal["fno"] = "fno"
    modes: tuple[PositiveInt, ...] = Field((16, 16), strict=False, description="Fourier modes kept along each axis")
    width: PositiveInt = Field(32, description="channels")
    layers: PositiveInt = Field(4, description="Fourier layers")


class ProcessConfig(Config):
    """The forward process."""

    kind: Literal["vp_cosine", "vp_linear", "ve", "sub_vp", "linear_path"] = "vp_cosine"


class DiffusionConfig(Config):
    """Generate the prediction: a denoiser trained over all noise levels."""

    kind: Literal["diffusion"] = "diffusion"
    process: ProcessConfig = ProcessConfig()
    parameterisation: Literal["x0", "eps", "v", "score", "velocity"] = "v"
    conditional_deviation: PositiveFloat = Field(
        1.0, description="for v: deviation left once the condition is known; below 1 for a nearly deterministic map"
    )
    noise_bias: PositiveFloat = Field(1.0, description="t = 1 - u^noise_bias of a uniform u: above 1 favours high noise")
    band_weight: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0, description="weight of a sub-band in the loss: its deviation to this power"
    )

    @model_validator(mode="after")
    def _deviation_belongs_to_v(self) -> "DiffusionConfig":
        if self.conditional_deviation != 1 and self.parameterisation != "v":
            raise ValueError(f"`conditional_deviation` goes with parameterisation v, not {self.parameterisation}")
        return self


class RegressionConfig(Config):
    """Predict the conditional mean in one call."""

    kind: Literal["regression"] = "regression"
    band_weight: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0, description="weight of a sub-band in the loss: its deviation to this power"
    )


def _short_warmup(steps: int | None) -> int:
    return 50 if steps is None else min(50, steps // 10)


class TrainingConfig(Config):
    """The training loop. Exactly one of `steps` and `cpu_seconds` says how long."""

    steps: PositiveInt | None = Field(
        None, description="optimiser steps; a run of so many steps can be repeated bit for bit"
    )
    cpu_seconds: PositiveFloat | None = Field(
        None, description="processor seconds: timed steps at the start fix the number of steps, which is then recorded"
    )
    batch: PositiveInt = 16
    rate: PositiveFloat = Field(1e-3, description="learning rate after warm-up, lowered to zero along a cosine")
    warmup: Annotated[int, Field(ge=0)] = Field(
        default_factory=lambda settings: _short_warmup(settings["steps"]),
        description="steps over which the rate rises from zero; by default 50, or a tenth of `steps` if that is less",
    )
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    clip: PositiveFloat = Field(1.0, description="largest norm of the gradient")
    ema: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.05, description="time constant of the weights' exponential moving average, as a share of all steps"
    )
    precision: Literal["auto", "32", "bf16"] = Field("auto", description="auto: bf16 where timed steps are faster with it")
    checkpoint_seconds: Annotated[float, Field(ge=0)] = Field(20.0, description="time between checkpoints; 0: at every step")

    @model_validator(mode="after")
    def _one_length(self) -> "TrainingConfig":
        if (self.steps is None) == (self.cpu_seconds is None):
            raise ValueError(f"exactly one of `steps` ({self.steps}) and `cpu_seconds` ({self.cpu_seconds}) must be set")
        if self.steps is not None and self.warmup >= self.steps:
            raise ValueError(f"`warmup` ({self.warmup}) must be below `steps` ({self.steps})")
        return self


class NeuralConfig(Config):
    """A trained model."""

    kind: Literal["neural"] = "neural"
    representation: PhysicalConfig | WaveletConfig = Field(WaveletConfig(), discriminator="kind")
    method: DiffusionConfig | RegressionConfig = Field(DiffusionConfig(), discriminator="kind")
    net: UNetConfig | SpectralConfig | FNOConfig = Field(
        UNetConfig(), discriminator="kind", description="unet, as in the papers; or spectral, which bears a rate of 5e-3"
    )
    reference: Literal["none", "climatology", "damped_persistence"] = Field(
        "none", description="forecast whose error the model predicts, instead of the field itself"
    )
    training: TrainingConfig

    @model_validator(mode="after")
    def _operator_sees_no_noise(self) -> "NeuralConfig":
        if isinstance(self.net, FNOConfig) and isinstance(self.method, DiffusionConfig):
            raise ValueError("`net.kind` fno does not see a noisy state: use it with `method.kind` regression")
        return self


class BaselineConfig(Config):
    """A forecast without a network, fitted in closed form."""

    kind: Literal["persistence", "climatology", "damped_persistence"]


ModelConfig = Annotated[NeuralConfig | BaselineConfig, Field(discriminator="kind")]
