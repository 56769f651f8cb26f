"""Gaussian processes: x_t = alpha_t x_0 + sigma_t eps with eps ~ N(0, I), t in [0, 1].

The same process in three more guises, all given here:

- signal to noise: lambda_t = log(alpha_t / sigma_t), strictly decreasing in t;
- stochastic differential equation: dx = f(t) x dt + g(t) dw with
  f = d log alpha / dt and g^2 = d sigma^2 / dt - 2 f sigma^2;
- transitions: for s < t, x_t | x_s ~ N(r x_s, v I) with r = alpha_t / alpha_s and
  v = sigma_t^2 - r^2 sigma_s^2 = -sigma_t^2 expm1(2 (lambda_t - lambda_s)).

A process is a frozen dataclass of plain numbers: its fields are its configuration.

Reference: Kingma et al. (2021), arXiv 2107.00630, section 3 and appendix A; Song et al. (2021), arXiv 2011.13456.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from sciml.numerics.broadcasting import broadcast_time, scaled_sum
from sciml.numerics.noise import gaussian_noise
from sciml.processes.process import Process


class GaussianProcess(Process[Tensor]):
    """x_t = alpha_t x_0 + sigma_t eps.

    Every coefficient maps a tensor of times to a tensor of the same shape and dtype; pass float64.

    Attributes:
        t_min: where grids stop and training times start unless told otherwise. Below it the state is data up to a noise
            that no longer matters, while lambda_t and the drift of the flow grow without bound.
    """

    t_min: ClassVar[float] = 1e-3

    @abstractmethod
    def alpha(self, t: Tensor) -> Tensor:
        """Scale of the data, alpha_t > 0, with alpha_0 = 1."""

    @abstractmethod
    def sigma(self, t: Tensor) -> Tensor:
        """Standard deviation of the noise, sigma_t, accurate relative to itself down to t = 0."""

    @abstractmethod
    def f(self, t: Tensor) -> Tensor:
        """Drift coefficient f(t) = d log alpha / dt."""

    @abstractmethod
    def g2(self, t: Tensor) -> Tensor:
        """Squared diffusion coefficient g^2(t) = d sigma^2 / dt - 2 f sigma^2."""

    @abstractmethod
    def t_of_lambda(self, lambda_: Tensor) -> Tensor:
        """The time at which the half log-SNR is `lambda_`: the inverse of `lambda_`, in closed form."""

    def lambda_(self, t: Tensor) -> Tensor:
        """Half log-SNR, lambda_t = log(alpha_t / sigma_t); infinite where sigma_t = 0."""
        return self.alpha(t).log() - self.sigma(t).log()

    def alpha_dot(self, t: Tensor) -> Tensor:
        """d alpha / dt = f alpha."""
        return self.f(t) * self.alpha(t)

    def sigma_dot(self, t: Tensor) -> Tensor:
        """d sigma / dt = g^2 / (2 sigma) + f sigma; infinite at t = 0 for a variance-preserving process."""
        sigma = self.sigma(t)
        return self.g2(t) / (2 * sigma) + self.f(t) * sigma

    def prior(
        self,
        shape: Sequence[int],
        *,
        generator: torch.Generator,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str | None = None,
    ) -> Tensor:
        """Draws from N(0, sigma_1^2 I), which neglects the trace alpha_1 x_0 of the data.

        Args:
            shape: shape of the state, batch first.
            generator: source of randomness.
            dtype: dtype of the draw.
            device: where the draw is made; that of the generator by default.
        """
        sigma_1 = self.sigma(torch.ones((), dtype=torch.float64)).item()
        place = generator.device if device is None else device
        return sigma_1 * torch.randn(tuple(shape), generator=generator, dtype=dtype, device=place)

    def noise(self, like: Float[Tensor, "*shape"], *, generator: torch.Generator) -> Float[Tensor, "*shape"]:
        """A draw of the noise, N(0, I), of the shape, dtype and device of a state."""
        return gaussian_noise(like, generator)

    def interpolate(
        self, x_0: Float[Tensor, "batch *space"], eps: Float[Tensor, "batch *space"], t: Tensor
    ) -> Float[Tensor, "batch *space"]:
        """x_t = alpha_t x_0 + sigma_t eps for a known noise."""
        t = broadcast_time(t, x_0)
        return scaled_sum(self.alpha(t), x_0, self.sigma(t), eps)

    def perturb(
        self, x_0: Float[Tensor, "batch *space"], t: Tensor, *, generator: torch.Generator
    ) -> Float[Tensor, "batch *space"]:
        """Draws x_t ~ N(alpha_t x_0, sigma_t^2 I); see `Process.perturb`."""
        return self.interpolate(x_0, self.noise(x_0, generator=generator), t)

    def bridge(
        self,
        x_0: Float[Tensor, "batch *space"],
        x_t: Float[Tensor, "batch *space"],
        t: Tensor,
        s: Tensor,
        *,
        generator: torch.Generator,
    ) -> Float[Tensor, "batch *space"]:
        """Draws from q(x_s | x_0, x_t), exactly; see `Process.bridge` and `bridge_with`."""
        return self.bridge_with(x_0, x_t, self.noise(x_t, generator=generator), t, s)

    def bridge_with(
        self,
        x_0: Float[Tensor, "batch *space"],
        x_t: Float[Tensor, "batch *space"],
        eps: Float[Tensor, "batch *space"],
        t: Tensor,
        s: Tensor,
    ) -> Float[Tensor, "batch *space"]:
        """x_s = r (sigma_s / sigma_t)^2 x_t + alpha_s v / sigma_t^2 x_0 + sqrt(v) sigma_s / sigma_t eps for a known noise.

        r and v are those of the transition from s to t (see the module). With s = 0 and sigma_0 = 0 it returns x_0.
        """
        t, s = broadcast_time(t, x_t), broadcast_time(s, x_t)
        fraction = -torch.expm1(2 * (self.lambda_(t) - self.lambda_(s)))  # v / sigma_t^2
        from_x_t = self.alpha(t) / self.alpha(s) * (self.sigma(s) / self.sigma(t)) ** 2
        mean = scaled_sum(from_x_t, x_t, self.alpha(s) * fraction, x_0)
        sd = fraction.sqrt() * self.sigma(s)
        return mean + sd.to(x_t.dtype) * eps
