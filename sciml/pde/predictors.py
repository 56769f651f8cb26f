"""How a network predicts a state from a condition: in one call, or by sampling."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from jaxtyping import Float
from torch import Generator, Tensor, nn

from sciml.denoisers.network import NetworkDenoiser
from sciml.losses.objectives import DenoisingObjective, RegressionObjective, regress
from sciml.solvers.grids import Grid
from sciml.solvers.integrate import integrate
from sciml.solvers.solver import Solver


@dataclass(frozen=True)
class Sampler:
    """How to sample.

    Args:
        solver: makes the steps.
        grid: it walks down.
        generator: source of randomness.
        label: what a table calls it.
        picked: what `auto` stands for; else empty.
    """

    solver: Solver
    grid: Grid
    generator: Generator
    label: str = ""
    picked: str = ""


class Predictor(nn.Module, ABC):
    """A network and the way it is used."""

    generative: bool

    @abstractmethod
    def objective(self, weight: Float[Tensor, "channel *ones"]) -> nn.Module:
        """The loss to train it with, called as objective(generator, state, condition); weight of each channel."""

    @abstractmethod
    def draw(self, like: Float[Tensor, "batch channel *grid"], cond: Tensor, sampler: Sampler | None) -> tuple[Tensor, int]:
        """(one state for each condition, network calls made); `like` gives shape, dtype and device."""


class Regression(Predictor):
    """The conditional mean in one call."""

    generative = False

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def objective(self, weight: Tensor) -> nn.Module:
        return RegressionObjective(self.net, weight)

    def draw(self, like: Tensor, cond: Tensor, sampler: Sampler | None) -> tuple[Tensor, int]:
        return regress(self.net, like, cond), 1


class Diffusion(Predictor):
    """A sample of the conditional law.

    Args:
        denoiser: the network and its process.
        noise_bias: of the training times, see `noise_biased_times`.
    """

    generative = True

    def __init__(self, denoiser: NetworkDenoiser, noise_bias: float = 1.0) -> None:
        super().__init__()
        self.denoiser, self.noise_bias = denoiser, noise_bias

    def objective(self, weight: Tensor) -> nn.Module:
        return DenoisingObjective(self.denoiser, weight, self.noise_bias)

    def draw(self, like: Tensor, cond: Tensor, sampler: Sampler | None) -> tuple[Tensor, int]:
        if sampler is None:
            raise ValueError("`sampler` must be given: this is a diffusion model")
        calls = [0]
        x = self.denoiser.process.prior(like.shape, generator=sampler.generator, dtype=like.dtype)
        x = integrate(
            sampler.solver,
            self.denoiser,
            x.to(like.device),
            sampler.grid,
            cond=cond,
            generator=sampler.generator,
            callback=lambda progress: calls.__setitem__(0, progress.nfe),
        )
        return x, calls[0]
