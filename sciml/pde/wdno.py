"""The wavelet diffusion neural operator and its relatives: assembled from a configuration, no mathematics here.

    wavelet representation + diffusion: WDNO
    wavelet representation + regression: the same network as a one-call operator
    physical representation + diffusion: DDPM on the fields, the ablation of the paper
    physical representation + regression + FNO: the Fourier neural operator

The network of the first three is a U-Net, as in the paper, or a spectral operator. At the default scale's size and on one
thread that takes a step in a quarter of the time; benchmarks/pde.json has what it reaches.

Reference: Hu et al. 2024, arXiv 2412.04833.
"""

from collections.abc import Sequence

import torch
from torch import nn

from sciml.config.models import (
    BaselineConfig,
    DiffusionConfig,
    FNOConfig,
    ModelConfig,
    NeuralConfig,
    SpectralConfig,
    UNetConfig,
    WaveletConfig,
)
from sciml.denoisers.network import NetworkDenoiser
from sciml.io.errors import InputError
from sciml.nets.fno import FNO
from sciml.nets.spectral import SpectralOperator
from sciml.nets.unet import UNet
from sciml.pde.baselines import BASELINES, Climatology, DampedPersistence
from sciml.pde.conditions import Conditions, Reference
from sciml.pde.forecaster import AnyForecaster, Forecaster
from sciml.pde.geometry import Geometry
from sciml.pde.predictors import Diffusion, Predictor, Regression
from sciml.pde.representation import PhysicalRepresentation, Representation, WaveletRepresentation
from sciml.processes.catalog import PROCESSES
from sciml.processes.parameterisation import ConditionalV, Parameterisation, Prediction


def build(config: ModelConfig, geometry: Geometry) -> AnyForecaster:
    """An unfitted forecaster; the weights of its network come from torch's global generator."""
    if isinstance(config, BaselineConfig):
        return BASELINES[config.kind](geometry)
    reference = _reference(config, geometry)
    fold_time = config.representation.fold_time

    def make(channels: int, shape: Sequence[int]) -> Representation:
        return _representation(config, channels, shape)

    representation = make(geometry.channels, geometry.shape)
    conditions = Conditions(geometry, make, fold_time, reference)
    net = _net(config, representation, conditions.channels)
    return Forecaster(geometry, representation, conditions, _predictor(config, net), reference, config.method.band_weight)


def _reference(config: NeuralConfig, geometry: Geometry) -> Reference | None:
    kinds: dict[str, type[Climatology] | type[DampedPersistence]] = {
        "climatology": Climatology,
        "damped_persistence": DampedPersistence,
    }
    return kinds[config.reference](geometry) if config.reference != "none" else None


def _representation(config: NeuralConfig, channels: int, shape: Sequence[int]) -> Representation:
    chosen = config.representation
    if isinstance(chosen, WaveletConfig):
        try:
            return WaveletRepresentation(channels, shape, chosen.fold_time, chosen.wavelet, chosen.mode, chosen.levels)
        except ValueError as error:
            raise InputError(f"`representation`: {error}") from error
    return PhysicalRepresentation(channels, shape, chosen.fold_time)


def _net(config: NeuralConfig, representation: Representation, conditions: int) -> nn.Module:
    dimensions, states = len(representation.grid), representation.state_shape[0]
    match config.net:
        case UNetConfig() as net:
            if 2 ** (len(net.multipliers) - 1) > min(representation.grid):
                sizes = list(representation.grid)
                raise InputError(
                    f"`net.multipliers` asks for {len(net.multipliers)} resolutions, too many for a grid of {sizes}"
                )
            unet = UNet(
                dimensions,
                states + conditions,
                states,
                net.width,
                net.multipliers,
                net.blocks,
                net.attention,
                net.dropout,
            )
            return unet.to(memory_format=torch.channels_last) if dimensions == 2 else unet  # type: ignore[call-overload]
        case SpectralConfig() as net:
            modes = _modes(net.modes, representation)
            return SpectralOperator(states + conditions, states, modes, net.width, net.layers, net.dropout)
        case FNOConfig() as net:
            return FNO(conditions, states, _modes(net.modes, representation), net.width, net.layers)


def _modes(modes: int | tuple[int, ...] | None, representation: Representation) -> tuple[int, ...]:
    sizes = list(representation.grid)
    if modes is None:
        modes = {1: 64, 2: 20, 3: 8}[len(sizes)]
    if isinstance(modes, int):
        return tuple(min(modes, size) for size in sizes)
    if len(modes) != len(sizes) or any(m > n for m, n in zip(modes, sizes, strict=True)):
        raise InputError(f"`net.modes` must be at most the sizes {sizes} of the grid, one for each axis, got {list(modes)}")
    return modes


def _predictor(config: NeuralConfig, net: nn.Module) -> Predictor:
    method = config.method
    if not isinstance(method, DiffusionConfig):
        return Regression(net)
    prediction: Prediction = Parameterisation(method.parameterisation)
    if method.conditional_deviation != 1:
        prediction = ConditionalV(method.conditional_deviation)
    process = PROCESSES[method.process.kind]()
    return Diffusion(NetworkDenoiser(net, process, prediction), method.noise_bias)
